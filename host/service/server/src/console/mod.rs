//! The console: pages for people, one file for each part of it. Forms and links carry everything; a script only makes it
//! smoother. Every change answers with a way to the page that shows it. Denied by default: a change by GET.

mod account;
mod audit;
mod collections;
mod connections;
pub(crate) mod failed;
mod holdings;
mod integrations;
mod log_in;
mod overview;
mod runs;
mod search;
mod selection;
mod sessions;
mod theme;
mod users;
mod welcome;
mod wording;
mod workflows;

use crate::routes::Routes;

/// All pages. One line for each part of the console.
pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = overview::routes(routes);
    let routes = integrations::routes(routes);
    let routes = connections::routes(routes);
    let routes = collections::routes(routes);
    let routes = log_in::routes(routes);
    let routes = welcome::routes(routes);
    let routes = account::routes(routes);
    let routes = users::routes(routes);
    let routes = audit::routes(routes);
    let routes = workflows::routes(routes);
    let routes = runs::routes(routes);
    let routes = selection::routes(routes);
    let routes = search::routes(routes);
    theme::routes(routes)
}
