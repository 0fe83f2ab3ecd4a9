//! What the service writes to its log, whatever its level. A binary of its own: a process has one log.

use std::sync::{Arc, Mutex};

#[allow(dead_code, reason = "this test uses a part of it")]
#[path = "server/harness.rs"]
mod harness;

use harness::{PASSWORD, Service};

#[tokio::test]
async fn the_log_has_every_request_and_no_secret() {
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let service = Service::start().await;
    let link = service.app.first_link().await.unwrap().unwrap();
    let mut client = service.client();
    client.post(&link).form(&[("name", "ada"), ("new-password", PASSWORD)]).send().await;
    client.learn_csrf().await;
    let token = client.token(palisade_server::Role::Viewer, 1).await;
    client.get("/api/v1/audit?search=what-somebody-looks-for").bearer(&token).send().await;
    let answer = client.log_in("ada", "a wrong password").await;
    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(answer.header("x-request-id")) && log.contains("/welcome/{token}"), "{log}");
    let link = link.rsplit('/').next().unwrap();
    let cookie = client.cookies["palisade"].as_str();
    for secret in
        [PASSWORD, "a wrong password", link, cookie, &client.csrf, &token, "what-somebody-looks-for"]
    {
        assert!(secret.is_empty() || !log.contains(secret), "{secret}: {log}");
    }
}
