//! What a policy makes of a bundle, for people: what is asked for, what is allowed, and what applies.

use palisade_policy::{AllowedShown, Extent, GrantCompared, GrantShown, LimitCompared, Network, Protect};

use super::style::{BAD, DIM, GOOD, HEADING, MARK};
use super::{Table, number, one_line};
use crate::verbs::policy::Shown;

/// What `policy show` shows.
pub(crate) fn shown(shown: &Shown) -> String {
    let comparison = &shown.comparison;
    let policy = match &comparison.policy {
        Some(file) => format!("policy {file}"),
        None => "no policy: what the manifest asks for is granted, and no key is trusted".to_owned(),
    };
    let mut text =
        format!("{HEADING}{}{HEADING:#} {DIM}({}){DIM:#}\n", one_line(&comparison.bundle), one_line(&policy));
    if let Some(allowed) = &comparison.allowed {
        text.push_str(&format!("\n{HEADING}the policy allows{HEADING:#}\n"));
        text.push_str(&allowed_requests(allowed));
    }
    for action in &comparison.actions {
        text.push_str(&format!("\n{HEADING}{}{HEADING:#}\n", one_line(&action.action)));
        action.grants.iter().for_each(|compared| text.push_str(&grant(compared)));
        for (_, origin) in shown.open.iter().filter(|(id, _)| *id == action.action) {
            text.push_str(&format!(
                "  {MARK}open{MARK:#}     {} is entered by the operator\n",
                one_line(origin)
            ));
        }
    }
    text.push_str(&format!("\n{HEADING}limits{HEADING:#}\n{}", limits(&comparison.limits)));
    text.push_str(&format!("\n{HEADING}trusted keys{HEADING:#}\n"));
    let mut keys = Table::new();
    for key in &comparison.trusted_keys {
        keys.row([one_line(&key.name), key.key.clone(), key.place.to_string()]);
    }
    text.push_str(&if keys.is_empty() { "  none\n".to_owned() } else { keys.text() });
    text.push_str(&format!("\n{HEADING}network{HEADING:#}\n{}", network(&comparison.network)));
    text.push_str(&format!("\n{HEADING}never on a block list{HEADING:#}\n{}", protect(&comparison.protect)));
    text
}

fn allowed_requests(allowed: &[AllowedShown]) -> String {
    let mut table = Table::new();
    for one in allowed {
        table.row([request(&one.grant), one.place.to_string()]);
    }
    if table.is_empty() { "  nothing\n".to_owned() } else { table.text() }
}

fn grant(compared: &GrantCompared) -> String {
    let asked = request(&compared.asked);
    match compared.extent {
        Extent::Whole => format!("  {GOOD}granted{GOOD:#}  {asked}\n"),
        Extent::Nothing => format!("  {BAD}refused{BAD:#}  {asked}\n"),
        Extent::Part => {
            let left: Vec<String> = compared.effective.iter().map(request).collect();
            format!("  {MARK}in part{MARK:#}  {asked}\n           of this: {}\n", left.join("; "))
        }
    }
}

fn request(grant: &GrantShown) -> String {
    one_line(&format!("{} {} {}", grant.methods.join(", "), grant.origin, grant.paths.join(", ")))
}

fn limits(limits: &[LimitCompared]) -> String {
    let mut table = Table::new().right(1).right(2).right(3);
    table.row(["", "asked for", "ceiling", "applies", ""].map(str::to_owned));
    for limit in limits {
        let or_none = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), number);
        table.row([
            limit.limit.to_owned(),
            or_none(limit.asked),
            number(limit.ceiling.unwrap_or(limit.host_ceiling)),
            number(limit.effective),
            limit.unit.to_owned(),
        ]);
    }
    table.text()
}

fn network(network: &Network) -> String {
    let mut table = Table::new();
    let proxy = network.proxy.as_ref().map_or("from the environment".to_owned(), ToString::to_string);
    table.row(["proxy".to_owned(), proxy]);
    let mut listed = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            table.row([name.to_owned(), one_line(&values.join(", "))]);
        }
    };
    listed("without proxy", network.no_proxy.iter().map(ToString::to_string).collect());
    listed("authorities", network.ca_certificates.iter().map(|path| path.display().to_string()).collect());
    listed("private networks", network.private_networks.iter().map(ToString::to_string).collect());
    let system = if network.system_certificates { "trusted" } else { "not trusted" };
    table.row(["system's authorities".to_owned(), system.to_owned()]);
    table.text()
}

fn protect(protect: &Protect) -> String {
    let mut table = Table::new();
    let mut listed = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            table.row([name.to_owned(), one_line(&values.join(", "))]);
        }
    };
    let addresses = if protect.private_addresses { "protected" } else { "not protected" };
    listed("addresses and names of nobody", vec![addresses.to_owned()]);
    listed("domains", protect.domains.clone());
    listed("networks", protect.networks.iter().map(ToString::to_string).collect());
    listed("values", protect.values.clone());
    listed("lists", protect.lists.iter().map(|path| path.display().to_string()).collect());
    table.text()
}
