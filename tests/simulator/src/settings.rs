//! Everything about the service that can be chosen. The defaults are the best reading of the API reference; wherever the
//! reference says `[?]`, the field's documentation says so and the field decides. By default nothing is lenient that a
//! source shows to be refused, and nobody has access: keys are listed here, and an empty list makes `start` generate one.

mod tasks;

use std::collections::BTreeSet;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::permission::Permission;

pub use tasks::{Partial, TaskSettings};

/// The settings of a simulator. As JSON, every field may be left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where TLS is served; port 0 takes a free one. A loopback address, and read only at start.
    pub listen: SocketAddr,
    /// Where plain HTTP is served, if anywhere. A loopback address, and read only at start.
    pub plain_listen: Option<SocketAddr>,
    /// Whether HTTP/2 is offered in the TLS handshake. Read only at start.
    pub http2: bool,
    /// Names in the certificate beside those of the service, such as that of a store to which links lead. Read only at start.
    pub further_hosts: Vec<String>,
    /// The API keys that exist. Never written out. If the list is empty at start, a key with every permission is generated.
    #[serde(skip_serializing)]
    pub keys: Vec<ApiKey>,
    /// Sizes and capacities.
    pub limits: Limits,
    /// What the tenant has chosen for fields that a request leaves out.
    pub tenant: Tenant,
    /// How strictly requests are judged.
    pub rules: Rules,
    /// How lists are answered.
    pub paging: Paging,
    /// How tasks are carried out and shown.
    pub tasks: TaskSettings,
    /// The rate budget of each key; none by default, because no source gives a number.
    pub rate: Option<Rate>,
    /// A pause before every answer, in milliseconds.
    pub latency_milliseconds: u64,
    /// Whether requests are kept on record (a benchmark may turn it off).
    pub record: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            plain_listen: None,
            http2: true,
            further_hosts: Vec::new(),
            keys: Vec::new(),
            limits: Limits::default(),
            tenant: Tenant::default(),
            rules: Rules::default(),
            paging: Paging::default(),
            tasks: TaskSettings::default(),
            rate: None,
            latency_milliseconds: 0,
            record: true,
        }
    }
}

/// An API key and what it may do.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The key itself, as it follows `Bearer `.
    pub value: String,
    /// What the key may do; everything if missing.
    #[serde(default = "Permission::all")]
    pub permissions: BTreeSet<Permission>,
    /// Whether the key is usable.
    #[serde(default)]
    pub status: KeyStatus,
    /// The hosts at which the key is known; empty means all of them. At another host it is answered 401, which decides
    /// the `[?]` about keys of another region (section 12, point 15).
    #[serde(default)]
    pub hosts: Vec<String>,
}

impl ApiKey {
    /// A usable key with every permission, at every host.
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            permissions: Permission::all(),
            status: KeyStatus::Enabled,
            hosts: Vec::new(),
        }
    }

    /// This key, with these permissions and no others.
    #[must_use]
    pub fn with(mut self, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.permissions = permissions.into_iter().collect();
        self
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApiKey")
            .field("permissions", &self.permissions)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Whether an API key is usable; all but `Enabled` are answered 401.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyStatus {
    /// Usable.
    #[default]
    Enabled,
    /// Switched off in the console.
    Disabled,
    /// Past its expiry.
    Expired,
}

/// The service's sizes and capacities.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Objects per request to the suspicious object list, its delete included. Section 3.2 `[?]`: 1,000 is what a client
    /// that was tested live sends.
    pub suspicious_objects_per_request: usize,
    /// Objects per request to the exception list, its delete included. Section 3.2 `[?]`: 100 by the same client.
    pub exceptions_per_request: usize,
    /// The largest request body in bytes, over which the answer is 413. Section 1 says `1 MB`; 1,000,000 is the stricter
    /// reading (the other is 1,048,576).
    pub body_bytes: usize,
    /// The largest request body with a file for the sandbox, in bytes. `[?]`: larger than `body_bytes`, because files are;
    /// 60 MB is what the console allows.
    pub file_bytes: usize,
    /// After how many seconds the answer is 504 (section 1).
    pub time_limit_seconds: u64,
    /// How many suspicious objects of one type are held (section 3.5).
    pub suspicious_objects_per_type: usize,
    /// How many exceptions of all types are held (section 4).
    pub exceptions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            suspicious_objects_per_request: 1_000,
            exceptions_per_request: 100,
            body_bytes: 1_000_000,
            file_bytes: 60_000_000,
            time_limit_seconds: 60,
            suspicious_objects_per_type: 10_000,
            exceptions: 5_000,
        }
    }
}

/// What the tenant has chosen for fields that a request leaves out (section 3.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tenant {
    /// For a missing `scanAction`.
    pub scan_action: ScanAction,
    /// For a missing `riskLevel`.
    pub risk_level: RiskLevel,
    /// For a missing `daysToExpiration`, in days; −1 means never.
    pub days_to_expiration: i64,
}

impl Default for Tenant {
    fn default() -> Self {
        Self { scan_action: ScanAction::Block, risk_level: RiskLevel::High, days_to_expiration: 30 }
    }
}

/// What is done with an object that is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScanAction {
    /// It is blocked.
    Block,
    /// It is logged.
    Log,
}

impl ScanAction {
    /// The API's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Log => "log",
        }
    }
}

/// How dangerous an object is; ordered from low to high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RiskLevel {
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
}

impl RiskLevel {
    /// The API's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What a fault in a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The item is answered 400, the rest of the request goes on.
    Item,
    /// The whole request is answered 400 and nothing of it is applied.
    Request,
    /// Nothing: it is overlooked.
    Ignore,
}

/// How strictly requests are judged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Whether a body must be an array; otherwise a single object is taken for an array of one.
    pub bare_array: bool,
    /// Whether an empty array is accepted (207 with an empty array); otherwise 400. Not stated anywhere.
    pub empty_array: bool,
    /// Whether a body needs a `Content-Type` of `application/json`; otherwise any is accepted. Not stated anywhere.
    pub content_type: bool,
    /// What an unknown field costs in a request to add. Deleting tolerates every further field (section 3.3).
    pub unknown_field: Refusal,
    /// What `scanAction`, `riskLevel` or `daysToExpiration` costs on the exception list. Section 4 `[?]`: it is refused, but
    /// whether the item or the request is not known.
    pub exception_field: Refusal,
    /// What `riskLevel: ""` costs (section 3.1: refused); `ignore` takes it for a missing field.
    pub empty_risk_level: Refusal,
    /// Whether a value's syntax is judged (addresses parse, hashes are hexadecimal, names and URLs are plausible). Section
    /// 3.1: no rule is in the specification; lengths are always judged.
    pub value_syntax: bool,
    /// Whether a URL needs a scheme. The specification is silent, the product's guide requires one.
    pub url_scheme: bool,
    /// Whether the suspicious object list takes `*` in domains, URLs and sender addresses (section 3.1: it does not).
    pub suspicious_wildcards: bool,
    /// Whether the exception list takes networks (`192.0.2.0/24`) and ranges (`a-b`) for `ip`. Section 4: the console
    /// does, the API's specification says full match.
    pub exception_ip_ranges: bool,
    /// What `daysToExpiration: 0` means. Section 3.1 `[?]`.
    pub zero_days: ZeroDays,
    /// What a field means that is left out when an object is added again. Section 3.1 `[?]`.
    pub omitted_on_update: Omitted,
    /// What an object costs for which there is no room because all of its type never expire. Section 3.5 `[?]`; `ignore`
    /// accepts it beyond the capacity.
    pub suspicious_full: Refusal,
    /// What an exception beyond the capacity costs. Section 4 `[?]`; `ignore` accepts it.
    pub exceptions_full: Refusal,
    /// Whether errors carry `number` (section 1: optional).
    pub error_numbers: bool,
    /// Whether 413 has the JSON shape of the sandbox's (section 1 `[?]`); otherwise it is HTML.
    pub too_large_is_json: bool,
    /// How a process is named that is to be terminated. Response actions, section 2: `processId` in the newest files of the
    /// vendor, `fileSha1` in its older SDK.
    pub terminate_process: TerminateProcess,
    /// Whether a date that cannot be read is overlooked; otherwise it is answered 400. Of all lists but the two of objects.
    pub lenient_dates: bool,
    /// Whether ETags of the workbench are in quotes, as HTTP has them; in the vendor's own mock they are not.
    pub quoted_etags: bool,
    /// Whether notes can be deleted by ids that are texts. The specification has integers, the vendor's SDK sends texts.
    pub text_note_ids: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            bare_array: true,
            empty_array: true,
            content_type: false,
            unknown_field: Refusal::Item,
            exception_field: Refusal::Item,
            empty_risk_level: Refusal::Item,
            value_syntax: true,
            url_scheme: true,
            suspicious_wildcards: false,
            exception_ip_ranges: false,
            zero_days: ZeroDays::AtOnce,
            omitted_on_update: Omitted::TenantSetting,
            suspicious_full: Refusal::Item,
            exceptions_full: Refusal::Item,
            error_numbers: true,
            too_large_is_json: true,
            terminate_process: TerminateProcess::Both,
            lenient_dates: false,
            quoted_etags: true,
            text_note_ids: true,
        }
    }
}

/// How a process is named that is to be terminated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerminateProcess {
    /// By `processId` and one of `fileName` and `fileSha1`.
    ProcessId,
    /// By `fileSha1`.
    FileSha1,
    /// In either way.
    Both,
}

/// What `daysToExpiration: 0` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroDays {
    /// The object is accepted and has expired by the time anyone looks.
    AtOnce,
    /// As if the field were missing.
    TenantSetting,
    /// As −1.
    Never,
    /// The item is answered 400.
    Refuse,
}

/// What a field means that is left out when an object is added again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Omitted {
    /// The same as when it is added for the first time.
    TenantSetting,
    /// The object keeps what it had.
    Keep,
}

/// How lists are answered (section 3.4).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Paging {
    /// Whether `top` must be 50, 100 or 200. Lenient paging takes any number from 1 and honours it up to 200.
    pub strict_top: bool,
    /// The page size without `top`.
    pub default_top: usize,
    /// How long a `skipToken` is good, in seconds; `null` for ever. Section 1 `[?]`.
    pub token_seconds: Option<u64>,
    /// Whether a later page of an object list with another `TMV1-Filter` than the first is answered 400; otherwise the page
    /// follows the filter that it was sent with. Of these two lists the specification does not say that the filter must be
    /// repeated; of 26 others it does, and those always refuse.
    pub same_filter: bool,
    /// Whether `nextLink` has the stale path with `/xdr` of the specification's examples, which is then answered too.
    pub stale_path: bool,
    /// What `expiredDateTime` is for an object that never expires. Section 3.4 `[?]`.
    pub never_expires: NeverExpires,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            strict_top: false,
            default_top: 100,
            token_seconds: None,
            same_filter: false,
            stale_path: false,
            never_expires: NeverExpires::FarFuture,
        }
    }
}

/// What `expiredDateTime` is for an object that never expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeverExpires {
    /// `9999-12-31T23:59:59Z`
    FarFuture,
    /// An empty string.
    Empty,
    /// The field is missing.
    Omitted,
}

/// A rate budget: so many requests of one key in a window (section 1: 60 seconds).
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests in a window.
    pub requests: u64,
    /// The window's length in seconds.
    #[serde(default = "a_minute")]
    pub window_seconds: u64,
    /// Whether the 429 says `Retry-After`, which clients must not rely upon (section 1).
    #[serde(default = "yes")]
    pub retry_after: bool,
}

fn yes() -> bool {
    true
}

fn a_minute() -> u64 {
    60
}

impl Settings {
    /// These settings with the fields of `patch` (a JSON object, nested objects merged) put over them. Keys stay as they are
    /// unless the patch has `keys`.
    ///
    /// # Errors
    /// When a field is unknown or a value has the wrong type.
    pub fn patched(&self, patch: serde_json::Value) -> Result<Self, serde_json::Error> {
        let replaces_keys = patch.get("keys").is_some();
        let mut value = serde_json::to_value(self)?;
        merge(&mut value, patch);
        let mut patched: Self = serde_json::from_value(value)?;
        if !replaces_keys {
            patched.keys.clone_from(&self.keys);
        }
        Ok(patched)
    }
}

fn merge(target: &mut serde_json::Value, patch: serde_json::Value) {
    match (target, patch) {
        (serde_json::Value::Object(target), serde_json::Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name).or_insert(serde_json::Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let settings = Settings { keys: vec![ApiKey::new("k")], ..Settings::default() };
        let patched =
            settings.patched(json!({"rules": {"zero_days": "never"}, "rate": {"requests": 3}})).unwrap();
        assert_eq!(patched.rules.zero_days, ZeroDays::Never);
        assert!(patched.rules.bare_array);
        assert_eq!(patched.rate.unwrap().window_seconds, 60);
        assert_eq!(patched.keys.len(), 1);
        assert!(settings.patched(json!({"rules": {"zero_day": "never"}})).is_err());
    }

    #[test]
    fn keys_are_never_written() {
        let settings = Settings { keys: vec![ApiKey::new("sesame")], ..Settings::default() };
        assert!(!serde_json::to_string(&settings).unwrap().contains("sesame"));
        assert!(!format!("{settings:?}").contains("sesame"));
    }
}
