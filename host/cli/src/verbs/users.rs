//! `palisade users`: the users of a service, over its API; the link of an administrator who cannot log in, beside it.

use serde_json::json;

use crate::answer::Answer;
use crate::arguments::service::UsersVerb;
use crate::failure::Failure;
use crate::service_client::Service;
use crate::show;
use crate::verbs::service::Said;
use crate::verbs::{find, state};

pub(crate) fn users(what: &UsersVerb) -> Result<Box<dyn Answer>, Failure> {
    match what {
        UsersVerb::List { server } => {
            let value = Service::new(server)?.get("/users?per_page=500")?;
            let text = show::service::users(&value);
            Ok(Said::answer(value, text))
        }
        UsersVerb::Sessions { server, name } => {
            let service = Service::new(server)?;
            let id = find::user(&service, name)?;
            let value = service.get(&format!("/users/{id}/sessions?per_page=500"))?;
            let text = show::service::sessions(&value);
            Ok(Said::answer(value, text))
        }
        UsersVerb::EndSessions { server, name, session } => {
            let service = Service::new(server)?;
            let id = find::user(&service, name)?;
            let (path, text) = match session {
                Some(session) => (
                    format!("/users/{id}/sessions/{session}"),
                    format!("ended session {session} of `{name}`\n"),
                ),
                None => (format!("/users/{id}/sessions"), format!("ended all sessions of `{name}`\n")),
            };
            service.delete(&path)?;
            Ok(Said::answer(json!({ "id": id, "session": session }), text))
        }
        UsersVerb::Delete { server, name } => {
            let service = Service::new(server)?;
            let id = find::user(&service, name)?;
            service.delete(&format!("/users/{id}"))?;
            Ok(Said::answer(json!({ "id": id }), format!("deleted user {id} `{name}`\n")))
        }
        UsersVerb::Link { data, name } => state::recovery_link(data, name),
    }
}
