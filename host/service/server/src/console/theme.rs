//! The choice of light or dark, kept in a cookie.

use axum::Form;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::log_in::local;
use crate::App;
use crate::routes::Routes;
use crate::security::cookies;
use crate::view::{Theme, see_other};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.open_post("/theme", choose)
}

#[derive(Deserialize)]
struct Choice {
    theme: String,
    #[serde(default)]
    back: String,
}

async fn choose(State(app): State<App>, Form(choice): Form<Choice>) -> Response {
    let cookie = cookies::set_theme(app.tls(), Theme::named(&choice.theme).name());
    ([(SET_COOKIE, cookie)], see_other(local(&choice.back))).into_response()
}
