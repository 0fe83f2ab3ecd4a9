//! What libraries say, in the words of the service: the format of an upload is a field of its form, most other settings are those with
//! which the service was started.

use palisade_model::{Setting, worded};

/// A text in the words of the service.
#[must_use]
pub fn of_service(text: &str) -> String {
    worded(text, words)
}

fn words(setting: Setting, value: &str) -> String {
    let name = setting.name();
    match (setting, value) {
        (Setting::Format, "") => "the field Format".to_owned(),
        (Setting::Format, "text") => "the format Text".to_owned(),
        (Setting::Format, format) => format!("the format {}", format.to_uppercase()),
        (Setting::Deadline, _) => "a longer deadline".to_owned(),
        (Setting::DryRun, _) => "dry run".to_owned(),
        (Setting::MaxEvictions, count) => {
            format!("the workflow's setting “Existing entries a run may displace” {count}")
                .trim_end()
                .to_owned()
        }
        (_, "") => format!("the service's setting `{name}`"),
        _ => format!("the service's setting `{name}` (`{value}`)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_names_no_option_of_the_command_line() {
        for setting in Setting::ALL {
            let said = of_service(&format!("set {}, or {}", setting, setting.with("VALUE")));
            assert!(!said.contains("--") && !said.contains("the setting `"), "{said}");
        }
    }

    #[test]
    fn a_host_that_is_not_found_is_mapped_in_the_settings_of_the_service() {
        let hint = format!(
            "check the region, or map it with {}",
            Setting::ConnectTo.with("a.example:443:ADDRESS:PORT")
        );
        assert_eq!(
            of_service(&hint),
            "check the region, or map it with the service's setting `connect-to` (`a.example:443:ADDRESS:PORT`)"
        );
        let hint = format!("a list that is empty on purpose is read with {}", Setting::Format.with("text"));
        assert_eq!(of_service(&hint), "a list that is empty on purpose is read with the format Text");
    }
}
