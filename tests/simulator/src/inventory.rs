//! The endpoints of the tenant, as both inventories show them (API reference, response actions, section 10). Whether an endpoint
//! is isolated is to be seen here.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collection::{FilterSource, Listing, PLAIN, page, selected};
use crate::routes::{Context, Judged};

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// The identifier of its agent.
    pub agent_guid: String,
    /// Its name; several endpoints may have the same.
    pub endpoint_name: String,
    /// Its addresses.
    #[serde(default)]
    pub ip: Vec<String>,
    /// Its hardware addresses.
    #[serde(default)]
    pub mac_address: Vec<String>,
    /// Who is logged in.
    #[serde(default)]
    pub login_account: Vec<String>,
    /// `Windows`, `Linux`, `macOS`, `macOSX`, or empty.
    #[serde(default = "windows")]
    pub os_name: String,
    /// Its version.
    #[serde(default)]
    pub os_version: String,
    /// The system in words.
    #[serde(default)]
    pub os_description: String,
    /// `sao`, `sds`, `xes`, or empty.
    #[serde(default = "xes")]
    pub product_code: String,
    /// The products that are installed.
    #[serde(default)]
    pub installed_product_codes: Vec<String>,
    /// `desktop` or `server`.
    #[serde(default = "desktop", rename = "type")]
    pub kind: String,
    /// `on`, `off` or `unknown`.
    #[serde(default = "off")]
    pub isolation_status: String,
    /// The policy's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<String>,
    /// What manages its protection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection_manager: Option<String>,
    /// When its components are updated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_update_policy: Option<String>,
    /// `pause`, `onSchedule` or `notSupported`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_update_status: Option<String>,
    /// `outdatedVersion`, `latestVersion`, `controlledLatestVersion` or `unknownVersions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_version: Option<String>,
    /// When all of this was seen last.
    #[serde(default = "some_time")]
    pub updated_date_time: String,
}

fn windows() -> String {
    "Windows".to_owned()
}

fn xes() -> String {
    "xes".to_owned()
}

fn desktop() -> String {
    "desktop".to_owned()
}

fn off() -> String {
    "off".to_owned()
}

fn some_time() -> String {
    "2026-01-01T00:00:00Z".to_owned()
}

impl Endpoint {
    /// A Windows desktop that is not isolated.
    pub fn new(agent_guid: impl Into<String>, endpoint_name: impl Into<String>) -> Self {
        Self {
            agent_guid: agent_guid.into(),
            endpoint_name: endpoint_name.into(),
            ip: Vec::new(),
            mac_address: Vec::new(),
            login_account: Vec::new(),
            os_name: windows(),
            os_version: String::new(),
            os_description: String::new(),
            product_code: xes(),
            installed_product_codes: Vec::new(),
            kind: desktop(),
            isolation_status: off(),
            policy_name: None,
            protection_manager: None,
            component_update_policy: None,
            component_update_status: None,
            component_version: None,
            updated_date_time: some_time(),
        }
    }

    /// As `/eiqs/endpoints` shows it.
    fn queried(&self) -> Value {
        let list = |values: &[String]| json!({"value": values, "updatedDateTime": self.updated_date_time});
        let mut shown = json!({
            "agentGuid": self.agent_guid,
            "endpointName": {"value": self.endpoint_name, "updatedDateTime": self.updated_date_time},
            "loginAccount": list(&self.login_account),
            "macAddress": list(&self.mac_address),
            "ip": list(&self.ip),
            "osName": self.os_name,
            "osVersion": self.os_version,
            "osDescription": self.os_description,
            "productCode": self.product_code,
            "installedProductCodes": self.installed_product_codes,
        });
        if let Some(fields) = shown.as_object_mut() {
            for (name, value) in [
                ("policyName", &self.policy_name),
                ("protectionManager", &self.protection_manager),
                ("componentUpdatePolicy", &self.component_update_policy),
                ("componentUpdateStatus", &self.component_update_status),
                ("componentVersion", &self.component_version),
            ] {
                if let Some(value) = value {
                    fields.insert(name.to_owned(), value.clone().into());
                }
            }
        }
        shown
    }

    fn platform(&self) -> String {
        if self.os_name.starts_with("mac") { "mac".to_owned() } else { self.os_name.to_lowercase() }
    }

    /// As `/endpointSecurity/endpoints` shows it.
    fn listed(&self) -> Value {
        json!({
            "agentGuid": self.agent_guid,
            "endpointName": self.endpoint_name,
            "displayName": self.endpoint_name,
            "type": self.kind,
            "osName": self.os_name,
            "osPlatform": self.platform(),
            "osVersion": self.os_version,
            "isolationStatus": self.isolation_status,
            "ipAddresses": self.ip,
            "lastUsedIp": self.ip.first().cloned().unwrap_or_default(),
            "lastLoggedOnUser": self.login_account.first().cloned().unwrap_or_default(),
            "edrSensor": {"status": "enabled", "connectivity": "connected"},
        })
    }

    /// As `/endpointSecurity/endpoints/{id}` shows it.
    fn detailed(&self) -> Value {
        json!({
            "agentGuid": self.agent_guid,
            "endpointName": self.endpoint_name,
            "displayName": self.endpoint_name,
            "type": self.kind,
            "os": {"name": self.os_name, "platform": self.platform(), "architecture": "x86_64",
                "version": self.os_version, "kernelVersion": ""},
            "serviceGatewayOrProxy": "",
            "isolationStatus": self.isolation_status,
            "lastUsedIp": self.ip.first().cloned().unwrap_or_default(),
            "lastLoggedOnUser": self.login_account.first().cloned().unwrap_or_default(),
            "interfaces": [{"ipAddresses": self.ip, "macAddress": self.mac_address.first().cloned().unwrap_or_default()}],
        })
    }
}

const QUERIED: Listing = Listing {
    filter: FilterSource::Header("tmv1-query"),
    is_filter_required: true,
    filter_characters: 1024,
    fields: &[
        "agentGuid",
        "loginAccount",
        "endpointName",
        "macAddress",
        "ip",
        "protectionManager",
        "policyName",
        "componentUpdatePolicy",
        "componentUpdateStatus",
        "componentVersion",
        "osName",
        "osVersion",
        "productCode",
        "installedProductCodes",
    ],
    ..PLAIN
};

const LISTED: Listing = Listing {
    filter_characters: 1024,
    tops: &[10, 50, 100, 200, 500, 1000],
    default_top: 100,
    orders: &["agentGuid", "endpointName", "osName", "isolationStatus"],
    default_order: "agentGuid",
    ..PLAIN
};

/// `GET /eiqs/endpoints`
pub(crate) fn query(context: &Context<'_>) -> Judged {
    let items = context.shared.state().holdings.endpoints.iter().map(Endpoint::queried).collect();
    match page(context, &QUERIED, items) {
        Ok(page) => Answer::json(StatusCode::OK, &page.body()).into(),
        Err(judged) => *judged,
    }
}

/// `GET /endpointSecurity/endpoints`
pub(crate) fn list(context: &Context<'_>) -> Judged {
    let items = context.shared.state().holdings.endpoints.iter().map(Endpoint::listed).collect();
    let select = url::form_urlencoded::parse(context.call.query.as_bytes())
        .find_map(|(name, value)| (name == "select").then(|| value.into_owned()));
    match page(context, &LISTED, items) {
        Ok(mut page) => {
            page.items = page.items.into_iter().map(|item| selected(item, select.as_deref())).collect();
            Answer::json(StatusCode::OK, &page.counted()).into()
        }
        Err(judged) => *judged,
    }
}

/// `GET /endpointSecurity/endpoints/{id}`
pub(crate) fn get(context: &Context<'_>) -> Judged {
    let state = context.shared.state();
    let wanted = context.parameter(0);
    let found =
        state.holdings.endpoints.iter().find(|endpoint| endpoint.agent_guid.eq_ignore_ascii_case(wanted));
    match found {
        Some(endpoint) => Answer::json(StatusCode::OK, &endpoint.detailed()).into(),
        None => context.missing("there is no such endpoint"),
    }
}
