//! Runs: the list of all of them, one run with everything about it, and what may be done with it. A page only shows what the
//! state holds. Denied by default: a button that would be refused.

mod act;
mod compared;
mod heads;
pub(super) mod list;
pub(super) mod objects;
mod one;
mod reasons;
mod requests;
mod same_value;
pub(super) mod shown;
pub(super) mod steps;
mod story;
mod timeline;

use axum::http::HeaderMap;

use crate::App;
use crate::routes::Routes;
use crate::security::Who;
use crate::security::guard::{OPERATOR, VIEWER};
use crate::view::{Frame, Section, Visit};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .list::<list::Wanted, _, _>("/runs", VIEWER, list::list)
        .list::<one::Wanted, _, _>("/runs/{id}", VIEWER, one::one)
        .list::<one::Wanted, _, _>("/runs/{id}/objects/{place}", VIEWER, story::story)
        .post("/runs/{id}/cancel", OPERATOR, act::cancel)
        .post("/runs/{id}/retry", OPERATOR, act::retry)
}

/// Whether a page asks for itself again, to show what has changed.
fn is_poll(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

/// The frame of a page that may be asked for by itself: what the last action did is for people, and not taken by a poll.
fn frame(visit: Visit, app: &App, who: &Who, title: String, poll: bool) -> Frame {
    if !poll {
        return visit.frame(app, title, Section::Runs);
    }
    let mut frame = visit.with(None).frame(app, title, Section::Runs);
    frame.caller = Some(who.clone());
    frame
}

/// An address with what of its parameters is not empty.
pub(super) fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_keeps_what_is_said_and_leaves_out_the_rest() {
        assert_eq!(
            address("/runs", &[("status", "Error Occurred"), ("phase", "")]),
            "/runs?status=Error+Occurred"
        );
        assert_eq!(address("/runs", &[("phase", "")]), "/runs");
    }
}
