//! Which proxy is used, and that a bad one is never passed over in silence.

use super::*;

/// The proxy of `https://host/` under these variables.
fn of(variables: &[(&str, &str)], host: &str) -> Option<String> {
    of_but(variables, None, host)
}

/// The same with other exceptions than the variables'.
fn of_but(variables: &[(&str, &str)], exceptions: Option<&str>, host: &str) -> Option<String> {
    let variable = |name: &str| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    };
    let proxies = Proxies::from_variables(variable, exceptions.map(str::to_owned));
    let uri = format!("https://{host}/").parse().unwrap();
    proxies.unwrap()?.of_request(&uri).map(|proxy| proxy.name())
}

#[test]
fn the_policys_exceptions_stand_in_place_of_the_environments() {
    let variables = [("https_proxy", "http://p:3128"), ("no_proxy", "a.example")];
    let through = Some("p:3128".to_owned());
    assert_eq!(of_but(&variables, Some("b.example"), "a.example"), through);
    assert_eq!(of_but(&variables, Some("b.example"), "b.example"), None);
    assert_eq!(of_but(&variables, None, "a.example"), None);
}

fn given(url: &str, credentials: Option<&str>, no_proxy: &[&str]) -> Result<Proxies, ClientError> {
    let choice = ProxyChoice::Given {
        url: url.to_owned(),
        credentials: credentials.map(SecretString::from),
        no_proxy: no_proxy.iter().map(|entry| (*entry).to_owned()).collect(),
    };
    Proxies::of(&choice).map(Option::unwrap)
}

#[test]
fn the_environment_is_read_as_other_programs_read_it() {
    let host = "api.example.com";
    assert_eq!(of(&[], host), None);
    assert_eq!(of(&[("http_proxy", "http://p:1")], host), None, "it is for http only");
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        assert_eq!(of(&[(name, "http://p:3128")], host).as_deref(), Some("p:3128"), "{name}");
    }
    let both = [("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "lower:2"), ("ALL_PROXY", "http://all:3")];
    assert_eq!(of(&both, host).as_deref(), Some("lower:2"));
    assert_eq!(of(&[("https_proxy", ""), ("ALL_PROXY", "https://all/")], host).as_deref(), Some("all:443"));
}

#[test]
fn exceptions_are_names_with_all_below_them_addresses_networks_or_everything() {
    let goes_direct = |exceptions: &str, host: &str| {
        of(&[("https_proxy", "http://p:1"), ("NO_PROXY", exceptions)], host).is_none()
    };
    for (exceptions, host) in [
        ("*", "api.example.com"),
        ("example.com", "example.com"),
        ("example.com", "api.EXAMPLE.com"),
        (".example.com", "api.example.com"),
        ("*.example.com", "api.example.com"),
        ("example.com.", "api.example.com"),
        ("a.example, example.com", "api.example.com"),
        ("a.example example.com", "api.example.com"),
        ("192.0.2.7", "192.0.2.7"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("2001:db8::/32", "[2001:db8::1]"),
    ] {
        assert!(goes_direct(exceptions, host), "{exceptions} {host}");
    }
    for (exceptions, host) in [
        ("", "api.example.com"),
        ("example.com", "notexample.com"),
        ("example.com", "example.com.evil.example"),
        ("api.example.com", "example.com"),
        ("10.0.0.0/8", "11.1.2.3"),
        ("10.0.0.0/8", "10.example"),
    ] {
        assert!(!goes_direct(exceptions, host), "{exceptions} {host}");
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_an_error_and_never_a_direct_connection() {
    for url in [
        "socks5://p:1080",
        "socks5h://p:1080",
        "ftp://p:21",
        "http://p:99999",
        "http://p:0",
        "http://p:",
        "http://:3128",
        "http://p:3128/path",
        "http://127.1:3128",
        "http://us er:geheim@p:3128",
        "http://user:ge/heim@p:3128",
        "/p",
    ] {
        let error =
            Proxies::from_variables(|name| (name == "ALL_PROXY").then(|| url.to_owned()), None).unwrap_err();
        assert_eq!(error.code(), "proxy-invalid", "{url}");
        let shown = format!("{error} {error:?} {:?}", error.hint());
        assert!(shown.contains("`ALL_PROXY`") && !shown.contains("heim"), "{shown}");
    }
}

#[test]
fn credentials_are_sent_as_basic_authentication_and_shown_nowhere() {
    let uri = "https://api.example.com/".parse().unwrap();
    let proxies = given("http://p:3128", Some("Aladdin:open:se@same/"), &["other.example"]).unwrap();
    let proxy = proxies.of_request(&uri).unwrap();
    assert_eq!(proxy.authorization().unwrap(), "Basic QWxhZGRpbjpvcGVuOnNlQHNhbWUv");
    assert!(proxy.authorization().unwrap().is_sensitive());
    assert_eq!(proxy.uri(), "http://p:3128/");
    assert!(proxies.of_request(&"https://x.other.example/".parse().unwrap()).is_none());

    let choice = ProxyChoice::Given {
        url: "http://user:geheim@p:3128".to_owned(),
        credentials: Some(SecretString::from("Aladdin:opensesame")),
        no_proxy: Vec::new(),
    };
    let error = Proxies::of(&choice).unwrap_err();
    let shown = format!("{choice:?} {error} {error:?} {proxy:?} {proxies:?}");
    for secret in ["geheim", "opensesame", "QWxhZGR", "open:se"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(given("http://p:3128", Some("without-a-colon"), &[]).is_err());
}

#[test]
fn the_credentials_of_a_proxy_are_secrets() {
    let secrets = |proxies: Result<Proxies, ClientError>| {
        let secrets = proxies.unwrap().secrets();
        secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect::<Vec<_>>()
    };
    let expected = ["b3BzOnBhJHMgd29yZA==", "pa$s word"];
    assert_eq!(secrets(given("http://p:1", Some("ops:pa$s word"), &["a.example"])), expected);
    let variable = |name: &str| (name == "https_proxy").then(|| "http://ops:pa%24s%20word@p:1".to_owned());
    assert_eq!(secrets(Proxies::from_variables(variable, None).map(Option::unwrap)), expected);
    assert!(secrets(given("http://p:1", None, &[])).is_empty());
}
