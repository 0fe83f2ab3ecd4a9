//! {{title}}: what decides is in `delivery` and is tested natively; `action` is what the host calls, `post` what talks over
//! `wasi:http`. Those two exist in the component only.

pub mod delivery;

#[cfg(target_family = "wasm")]
mod action;
#[cfg(target_family = "wasm")]
mod post;
