//! Forms with files: proof first, limits as they arrive.

use std::time::Duration;

use palisade_server::{Failure, OPERATOR, Role, Routes, Upload};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::{Service, Start};

async fn count(mut upload: Upload) -> Result<String, Failure> {
    let mut told = String::new();
    while let Some(field) = upload.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = Upload::text(field, usize::MAX).await?.len();
        told.push_str(&format!("{name}={bytes};"));
    }
    Ok(told)
}

fn routes(routes: Routes) -> Routes {
    routes.upload("/test/upload", OPERATOR, 100_000, count)
}

fn multipart(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str("--x--\r\n");
    body.into_bytes()
}

const KIND: &str = "multipart/form-data; boundary=x";

#[tokio::test]
async fn the_first_field_of_an_upload_is_its_proof() {
    let service = Service::start_with(Start { routes: Some(routes), ..Start::default() }).await;
    let mut ada = service.administrator().await;
    let csrf = std::mem::take(&mut ada.csrf);
    let right = multipart(&[("csrf", &csrf), ("file", "12345")]);
    let answer = ada.post("/test/upload").body(KIND, &right).send().await;
    assert_eq!((answer.status, &*answer.body), (200, "file=5;"));
    for wrong in [
        multipart(&[("file", "12345"), ("csrf", &csrf)]),
        multipart(&[("csrf", "wrong"), ("file", "12345")]),
        multipart(&[("csrf", &"x".repeat(1_000)), ("file", "1")]),
        multipart(&[]),
        b"nothing of the kind".to_vec(),
    ] {
        let answer = ada.post("/test/upload").body(KIND, &wrong).send().await;
        assert!(matches!(answer.status, 400 | 403 | 422), "{answer:?}");
    }
    let answer = ada.post("/users/invite").body(KIND, &right).send().await;
    assert_eq!(answer.status, 403, "a form without files is not sent as one with");
}

#[tokio::test]
async fn an_upload_is_cut_off_at_its_limit() {
    let service = Service::start_with(Start { routes: Some(routes), ..Start::default() }).await;
    let mut ada = service.administrator().await;
    let large = multipart(&[("file", &"x".repeat(200_000))]);
    let answer = ada.post("/test/upload").body(KIND, &large).send().await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("too-large"));
}

#[tokio::test]
async fn bundles_that_programs_send_are_in_memory_a_few_at_a_time() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let token = ada.token(Role::Administrator, 1).await;
    let mut client = service.client();
    let mut held = Vec::new();
    for number in 0..palisade_limits::PENDING_UPLOADS {
        let path = if number % 2 == 0 { "/api/v1/integrations" } else { "/api/v1/integrations/review" };
        let call = client.post(path).bearer(&token).body("application/zip", b"PK, and never the rest");
        let bytes = call.written();
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.write_all(&bytes[..bytes.len() - 5]).await.unwrap();
        held.push(stream);
    }
    // Each of them has its place once its head has been read.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let call = client.post("/api/v1/integrations").bearer(&token).body("application/zip", b"PK");
    let answer = call.send().await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{}", answer.body);
    assert_eq!(answer.json()["code"], "busy");
    drop(held);
    let call = client.post("/api/v1/integrations").bearer(&token).body("application/zip", b"PK");
    let answer = call.send().await;
    assert_eq!(answer.status, 422, "there is room again, and this is no zip: {}", answer.body);
}
