//! The one setting that guests read. A configuration without it ends the run before anything is sent.

use crate::{Problem, RunError, Setting, SettingValue};

/// The host name of the region's API: the value of the `select` parameter `api_region`.
///
/// # Errors
/// [`RunError::InvalidConfiguration`] with the code `api-region-missing` where there is no such choice.
pub fn api_region(configuration: &[Setting]) -> Result<&str, RunError> {
    configuration
        .iter()
        .find_map(|setting| match &setting.value {
            SettingValue::Choice(value) if setting.name == "api_region" => Some(value.as_str()),
            _ => None,
        })
        .ok_or_else(|| {
            RunError::InvalidConfiguration(vec![Problem {
                code: "api-region-missing".to_owned(),
                message: "the guest needs the choice `api_region`".to_owned(),
            }])
        })
}
