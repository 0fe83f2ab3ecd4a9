//! The one parameter that guests read. A configuration without it ends the run before anything is sent.

use crate::{Attribute, Reason, RunError, Value};

/// The host name of the region's API: the value of the `select` parameter `api_region`.
///
/// # Errors
/// [`RunError::InvalidConfiguration`] with the code `api-region-missing` if there is no such parameter.
pub fn api_region(configuration: &[Attribute]) -> Result<&str, RunError> {
    configuration
        .iter()
        .find_map(|parameter| match &parameter.value {
            Value::Text(value) if parameter.name == "api_region" => Some(value.as_str()),
            _ => None,
        })
        .ok_or_else(|| {
            RunError::InvalidConfiguration(vec![Reason {
                code: "api-region-missing".to_owned(),
                message: "the guest needs the parameter `api_region`".to_owned(),
            }])
        })
}
