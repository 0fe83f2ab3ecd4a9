//! The files that pages use: one style sheet, htmx, a script of our own, pictures. They are part of the binary. Their names carry
//! a digest, so that a browser keeps them for ever and gets a new one with a new version.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use crate::Failure;
use crate::routes::Routes;
use crate::security::guard::Access;
use crate::security::opaque::short_digest;

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const ASSETS: &[Asset] = &[
    Asset { name: "app.css", kind: "text/css; charset=utf-8", bytes: include_bytes!("../assets/app.css") },
    Asset {
        name: "app.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/app.js"),
    },
    Asset {
        name: "htmx.min.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/htmx.min.js"),
    },
    Asset { name: "logo.svg", kind: "image/svg+xml", bytes: include_bytes!("../assets/logo.svg") },
];

/// Each with its address.
static ADDRESSES: LazyLock<Vec<String>> = LazyLock::new(|| {
    ASSETS.iter().map(|asset| format!("/assets/{}/{}", short_digest(asset.bytes), asset.name)).collect()
});

/// The address of a file.
pub(crate) fn address(name: &str) -> &'static str {
    let place = ASSETS.iter().position(|asset| asset.name == name);
    place.and_then(|place| ADDRESSES.get(place)).map_or("/assets/none", String::as_str)
}

pub(crate) fn is_asset(path: &str) -> bool {
    path.starts_with("/assets/")
}

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get("/assets/{digest}/{name}", Access::Anybody, asset)
}

async fn asset(Path((digest, name)): Path<(String, String)>) -> Result<Response, Failure> {
    let asked = format!("/assets/{digest}/{name}");
    let found = ASSETS.iter().find(|asset| asset.name == name && address(asset.name) == asked);
    let asset = found.ok_or_else(Failure::no_such_page)?;
    let kept = "public, max-age=31536000, immutable";
    Ok(([(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, kept)], asset.bytes).into_response())
}
