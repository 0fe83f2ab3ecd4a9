//! Routes, each with who may use it. The only way to register one: the table and the guard before the handler are made of the
//! same line. Denied by default: a route whose access nobody named.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, on};
use palisade_limits as limits;
use serde::de::DeserializeOwned;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::api::idempotency;
use crate::parameters::{self, Known};
use crate::security::guard::{Access, Takes, guard};
use crate::{App, Failure};

/// Forms and bodies of JSON as they usually are.
const SMALL: Takes = Takes::Forms(limits::FORM_BYTES);

/// One route, as the table of them lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, with `{parameters}`.
    pub path: String,
    /// Who may use it.
    pub access: Access,
}

/// Routes that are being put together.
pub struct Routes {
    app: App,
    router: OpenApiRouter<App>,
    table: Vec<Route>,
}

impl Routes {
    /// None yet.
    pub(crate) fn new(app: &App, document: OpenApi) -> Self {
        Self { app: app.clone(), router: OpenApiRouter::with_openapi(document), table: Vec::new() }
    }

    /// A page whose address has no parameters.
    #[must_use]
    pub fn get<H, T>(self, path: &str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.shown(path, access, Known::none(), handler)
    }

    /// A page whose address has parameters: the fields of `Q`, which its handler reads.
    #[must_use]
    pub fn list<Q, H, T>(self, path: &str, access: Access, handler: H) -> Self
    where
        Q: DeserializeOwned,
        H: Handler<T, App>,
        T: 'static,
    {
        self.shown(path, access, Known::of_page::<Q>(), handler)
    }

    fn shown<H, T>(self, path: &str, access: Access, known: Known, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let methods = on(MethodFilter::GET, handler);
        let methods = if path.starts_with("/api/") {
            methods
                .route_layer(from_fn(move |request, next| parameters::refuse(known.clone(), request, next)))
        } else {
            methods.route_layer(from_fn(move |request, next| parameters::tell(known.clone(), request, next)))
        };
        self.page(Method::GET, path, access, SMALL, methods)
    }

    /// What a form is sent to.
    #[must_use]
    pub fn post<H, T>(self, path: &str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.page(Method::POST, path, access, SMALL, on(MethodFilter::POST, handler))
    }

    /// What a form is sent to that may be larger than others: of at most this many bytes.
    #[must_use]
    pub fn large_post<H, T>(self, path: &str, access: Access, bytes: u64, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let methods = on(MethodFilter::POST, handler).layer(limit(bytes));
        self.page(Method::POST, path, access, Takes::Forms(bytes), methods)
    }

    /// What a form is sent to by somebody who has no session yet.
    #[must_use]
    pub fn open_post<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let methods = on(MethodFilter::POST, handler).layer(limit(limits::LOG_IN_FORM_BYTES));
        self.page(Method::POST, path, Access::Anybody, Takes::OpenForms, methods)
    }

    /// What a form with files is sent to, of at most this many bytes. The handler takes an `Upload`.
    #[must_use]
    pub fn upload<H, T>(self, path: &str, access: Access, bytes: u64, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let methods = on(MethodFilter::POST, handler).layer(limit(bytes));
        self.page(Method::POST, path, access, Takes::Uploads(bytes), methods)
    }

    /// Calls of the API: `routes!(handler, ...)` of handlers with one path.
    #[must_use]
    pub fn api(self, access: Access, calls: UtoipaMethodRouter<App>) -> Self {
        self.calls(access, SMALL, calls)
    }

    /// Calls of the API with bodies that may be larger than others: of at most this many bytes.
    #[must_use]
    pub fn large_api(self, access: Access, bytes: u64, calls: UtoipaMethodRouter<App>) -> Self {
        let (schemas, paths, methods) = calls;
        self.calls(access, Takes::Forms(bytes), (schemas, paths, methods.layer(limit(bytes))))
    }

    /// Calls of the API with large bodies, of at most this many bytes, streamed.
    #[must_use]
    pub fn api_upload(self, access: Access, bytes: u64, calls: UtoipaMethodRouter<App>) -> Self {
        let (schemas, paths, methods) = calls;
        self.calls(access, Takes::Uploads(bytes), (schemas, paths, methods.layer(limit(bytes))))
    }

    fn page(
        mut self,
        method: Method,
        path: &str,
        access: Access,
        takes: Takes,
        methods: MethodRouter<App>,
    ) -> Self {
        self.table.push(Route { method, path: path.to_owned(), access });
        self.router = self.router.route(path, guarded(&self.app, access, takes, methods));
        self
    }

    fn calls(mut self, access: Access, takes: Takes, calls: UtoipaMethodRouter<App>) -> Self {
        let (schemas, paths, methods) = calls;
        for (path, item) in &paths.paths {
            self.table.extend(methods_of(item).into_iter().map(|method| Route {
                method,
                path: path.clone(),
                access,
            }));
        }
        let known = Known::of_calls(&paths.paths.values().collect::<Vec<_>>());
        let refuse = from_fn(move |request, next| parameters::refuse(known.clone(), request, next));
        // Once the guard has let it through: a key belongs to whoever may do it.
        let repeatable = from_fn_with_state((self.app.clone(), takes), idempotency::middleware);
        let methods = methods.route_layer(repeatable).route_layer(refuse);
        let methods = guarded(&self.app, access, takes, methods);
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// The router, the document of the API, and the table of all routes.
    pub(crate) fn finish(self) -> (Router<App>, OpenApi, Vec<Route>) {
        let (router, document) = self.router.split_for_parts();
        (router.fallback(async || Failure::no_such_page()), document, self.table)
    }
}

fn guarded(app: &App, access: Access, takes: Takes, methods: MethodRouter<App>) -> MethodRouter<App> {
    let app = app.clone();
    methods.route_layer(from_fn(move |request, next| guard(app.clone(), access, takes, request, next)))
}

fn limit(bytes: u64) -> DefaultBodyLimit {
    DefaultBodyLimit::max(usize::try_from(bytes).unwrap_or(usize::MAX))
}

fn methods_of(item: &PathItem) -> Vec<Method> {
    let known = [
        (Method::GET, item.get.is_some()),
        (Method::PUT, item.put.is_some()),
        (Method::POST, item.post.is_some()),
        (Method::DELETE, item.delete.is_some()),
        (Method::PATCH, item.patch.is_some()),
    ];
    known.into_iter().filter(|(_, there)| *there).map(|(method, _)| method).collect()
}
