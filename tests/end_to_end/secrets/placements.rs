//! Every place of a request in which a secret may stand.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use freshwatch_tests::leaks::percent_encoded;
use serde_json::{Value, json};

/// A request with secrets in one place.
#[derive(Debug, Clone)]
pub struct Placement {
    pub name: &'static str,
    /// What a server learns when it understands the request: the first is the one that it babbles about.
    pub secrets: Vec<String>,
    /// The keys of the probe. The server answers by the path of the URL: `HOST/PROVOCATION/name`.
    pub request: Value,
    /// The environment variables that the probe needs.
    pub environment: Vec<(String, String)>,
}

/// One of each.
pub fn all(folder: &Path) -> Vec<Placement> {
    [in_urls(), in_headers(folder), in_auth(folder), in_bodies(folder)].concat()
}

fn in_urls() -> Vec<Placement> {
    let url = |name: &str| format!("http://HOST/PROVOCATION/{name}");
    let whole = awkward("WHURL");
    let whole_value = format!("{}?key={}", url("url"), percent_encoded(&whole, ""));
    let with_user = awkward("USURL");
    let user_value =
        url("url-with-user").replace("//", &format!("//me:{}@", percent_encoded(&with_user, "")));
    let literal = awkward("LITUR");
    let literal_url = url("user-literal").replace("//", &format!("//me:{}@", percent_encoded(&literal, "")));
    vec![
        in_url_by_variable(
            "path",
            "PATHX",
            |secret| json!({"get": format!("{}/{secret}", url("path"))}),
        ),
        in_url_by_variable(
            "url-query",
            "URLQX",
            |secret| json!({"get": format!("{}?key={secret}", url("url-query"))}),
        ),
        by_variable(
            "query",
            "QUERX",
            |secret| json!({"get": url("query"), "query": {"key": secret}}),
        ),
        by_variable(
            "user",
            "USERX",
            |secret| json!({"get": url("user").replace("//", &format!("//me:{secret}@"))}),
        ),
        Placement {
            name: "user-literal",
            secrets: vec![literal],
            request: json!({"get": literal_url}),
            environment: Vec::new(),
        },
        Placement {
            name: "url",
            secrets: vec![whole],
            request: json!({"get": "${env:URL_OF_PROVOCATION}"}),
            environment: vec![("URL_OF_PROVOCATION".into(), whole_value)],
        },
        Placement {
            name: "url-with-user",
            secrets: vec![with_user],
            request: json!({"get": "${env:USER_OF_PROVOCATION}"}),
            environment: vec![("USER_OF_PROVOCATION".into(), user_value)],
        },
    ]
}

fn in_headers(folder: &Path) -> Vec<Placement> {
    let with = |name: &'static str, header: &str, value: &str| json!({"get": format!("http://HOST/PROVOCATION/{name}"), "headers": {header: value}});
    let token = "AUTHLKx93Vm47Pj58";
    let session = "COOKLKx93Vm47Pj58";
    let (user, password) = ("BASIUKx93", "BASIPKx93 Vm47");
    let encoded = BASE64_STANDARD.encode(format!("{user}:{password}"));
    let whole = "AUTHFKx93Vm47Pj58";
    vec![
        by_variable("header", "HEADX", |secret| with("header", "X-Api-Key", secret)),
        by_variable("header-part", "HEADP", |secret| {
            with("header-part", "X-Token", &format!("v1 {secret} end"))
        }),
        by_file(folder, "header-file", "HEADF", |secret| {
            with("header-file", "X-Api-Key", secret)
        }),
        by_variable("cookie", "COOKX", |secret| {
            with("cookie", "Cookie", &format!("sid={secret}; theme=dark"))
        }),
        by_variable("authorization", "AUTHX", |secret| {
            with("authorization", "Authorization", &format!("Bearer {secret}"))
        }),
        Placement {
            name: "cookie-literal",
            secrets: vec![session.into()],
            request: with("cookie-literal", "Cookie", &format!("sid={session}; theme=dark")),
            environment: Vec::new(),
        },
        Placement {
            name: "authorization-literal",
            secrets: vec![token.into()],
            request: with(
                "authorization-literal",
                "Authorization",
                &format!("Bearer {token}"),
            ),
            environment: Vec::new(),
        },
        Placement {
            name: "authorization-basic",
            secrets: vec![password.into(), user.into(), encoded.clone()],
            request: with(
                "authorization-basic",
                "Authorization",
                &format!("Basic {encoded}"),
            ),
            environment: Vec::new(),
        },
        Placement {
            name: "authorization-file",
            secrets: vec![whole.into()],
            request: with(
                "authorization-file",
                "Authorization",
                &written(folder, "whole", &format!("Bearer {whole}")),
            ),
            environment: Vec::new(),
        },
    ]
}

fn in_auth(folder: &Path) -> Vec<Placement> {
    let with = |name: &'static str, auth: Value| json!({"get": format!("http://HOST/PROVOCATION/{name}"), "auth": auth});
    let bearer = |name: &'static str, token: &str| with(name, json!({"bearer": token}));
    let basic = |name: &'static str, username: &str, password: &str| {
        with(
            name,
            json!({"basic": {"username": username, "password": password}}),
        )
    };
    let login = |username: &str, password: &str| {
        let encoded = BASE64_STANDARD.encode(format!("{username}:{password}"));
        vec![password.to_owned(), username.to_owned(), encoded]
    };
    let (token, username, password) = (awkward("BEARL"), awkward("BASLU"), awkward("BASLP"));
    let (user_value, password_value) = (awkward("BASVU"), awkward("BASVP"));
    let in_file = awkward("BASFP");
    vec![
        by_variable("bearer", "BEARX", |secret| bearer("bearer", secret)),
        by_file(folder, "bearer-file", "BEARF", |secret| {
            bearer("bearer-file", secret)
        }),
        Placement {
            name: "bearer-literal",
            request: bearer("bearer-literal", &token),
            secrets: vec![token],
            environment: Vec::new(),
        },
        Placement {
            name: "basic-literal",
            request: basic("basic-literal", &username, &password),
            secrets: login(&username, &password),
            environment: Vec::new(),
        },
        Placement {
            name: "basic",
            request: basic("basic", "${env:BASIC_USER}", "${env:BASIC_PASSWORD}"),
            secrets: login(&user_value, &password_value),
            environment: vec![
                ("BASIC_USER".into(), user_value),
                ("BASIC_PASSWORD".into(), password_value),
            ],
        },
        Placement {
            name: "basic-file",
            request: basic("basic-file", "prober", &written(folder, "basic", &in_file)),
            secrets: vec![
                in_file.clone(),
                BASE64_STANDARD.encode(format!("prober:{in_file}")),
            ],
            environment: Vec::new(),
        },
    ]
}

fn in_bodies(folder: &Path) -> Vec<Placement> {
    let with = |name: &'static str, key: &str, body: Value| json!({"post": format!("http://HOST/PROVOCATION/{name}"), key: body});
    vec![
        by_variable("body", "BODYX", |secret| {
            with("body", "body", json!(format!("key: {secret}.")))
        }),
        by_file(folder, "body-file", "BODYF", |secret| {
            with("body-file", "body", json!(secret))
        }),
        by_variable("form", "FORMX", |secret| {
            with("form", "form", json!({"key": secret, "page": 1}))
        }),
        by_variable("json", "JSONX", |secret| {
            with("json", "json", json!({"login": [{"key": secret}]}))
        }),
        by_file(folder, "json-file", "JSONF", |secret| {
            with("json-file", "json", json!({"key": secret}))
        }),
    ]
}

/// A placement whose secret comes from the environment.
fn by_variable(name: &'static str, tag: &str, request: impl Fn(&str) -> Value) -> Placement {
    let (variable, secret) = (format!("VARIABLE_{tag}"), awkward(tag));
    Placement {
        name,
        request: request(&format!("${{env:{variable}}}")),
        secrets: vec![secret.clone()],
        environment: vec![(variable, secret)],
    }
}

/// As [`by_variable`], with a secret that a URL may hold: spaces are refused when the file is read.
fn in_url_by_variable(name: &'static str, tag: &str, request: impl Fn(&str) -> Value) -> Placement {
    let mut placement = by_variable(name, tag, request);
    for text in placement
        .secrets
        .iter_mut()
        .chain(placement.environment.iter_mut().map(|(_, value)| value))
    {
        *text = text.replace(' ', "_");
    }
    placement
}

/// A placement whose secret is in a file that an editor has ended with a newline.
fn by_file(folder: &Path, name: &'static str, tag: &str, request: impl Fn(&str) -> Value) -> Placement {
    let secret = awkward(tag);
    Placement {
        name,
        request: request(&written(folder, name, &secret)),
        secrets: vec![secret],
        environment: Vec::new(),
    }
}

/// The placeholder of a file with this secret and a newline in it.
fn written(folder: &Path, name: &str, secret: &str) -> String {
    let file = folder.join(format!("file-of-{name}"));
    fs::write(&file, format!("{secret}\n")).expect("the file of a secret is written");
    format!("${{file:{}}}", file.display())
}

/// A secret with everything in it that some encoding spells otherwise. Between any two such characters stands enough
/// of it to be recognised by.
fn awkward(tag: &str) -> String {
    assert_eq!(tag.len(), 5);
    format!(
        "{tag}Kx93 \"{tag}Vm47'&{tag}Pj58+/{tag}Wb62%{tag}Ht71;{tag}Rq36,{tag}Yd84=\u{d55c}\u{ae00}\u{e9}{tag}Lc29"
    )
}
