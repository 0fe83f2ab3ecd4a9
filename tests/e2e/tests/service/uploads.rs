//! Uploads that are too large, or too many at once.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use palisade_e2e::{Service, Tenant, bundle};

/// Sends the head of a request that announces so many bytes, and bytes until the service answers or hangs up. Gives what was
/// answered and how many bytes were taken.
fn announce(service: &Service, path: &str, kind: &str, announced: u64) -> (String, u64) {
    let address = service.address().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: {kind}\r\n\
         content-length: {announced}\r\n\r\n",
        service.token()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let piece = vec![0_u8; 1 << 20];
    let mut sent = 0;
    while sent < announced && sent < 1 << 30 {
        match stream.write(&piece) {
            Ok(count) => sent += count as u64,
            Err(_) => break,
        }
    }
    let mut answer = Vec::new();
    // After the answer the connection is cut, which may take the rest of it along.
    let _ = stream.read_to_end(&mut answer);
    (String::from_utf8_lossy(&answer).into_owned(), sent)
}

#[test]
fn a_zip_of_10_gb_is_refused_as_it_arrives() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let (answer, sent) = announce(&service, "/api/v1/integrations", "application/zip", 10 << 30);
    assert!(sent < 200 << 20, "{sent} bytes were taken");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(service.get("/api/v1/integrations").expect(200)["total"], 0);
}

#[test]
fn a_hundred_uploads_at_once_are_each_answered_and_the_service_goes_on() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let zip = std::fs::read(bundle()).unwrap();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        // One address may have 128 connections.
        let uploads: Vec<_> = (0..100)
            .map(|_| {
                scope.spawn(|| {
                    service.send("POST", "/api/v1/integrations?replace=true", "application/zip", &zip).status
                })
            })
            .collect();
        uploads.into_iter().map(|upload| upload.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409 | 503)), "{statuses:?}");
    assert!(statuses.contains(&201));
    assert_eq!(
        service.get("/api/v1/integrations").expect(200)["total"],
        1,
        "one version, however often it came"
    );
    assert_eq!(service.get("/readyz").status, 200);
}
