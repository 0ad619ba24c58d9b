//! Which proxy the environment names: rules P-36 and P-37.

use sansocket::Url;
use sansocket::connect::{ProxyError, Rules};

use super::support::{plan, play};

fn rules(variables: &[(&str, &str)]) -> Rules {
    read(variables).expect("the variables are valid")
}

fn read(variables: &[(&str, &str)]) -> Result<Rules, ProxyError> {
    let find = |name: &str| variables.iter().find(|(other, _)| *other == name);
    Rules::new(|name| find(name).map(|(_, value)| (*value).to_owned()))
}

fn proxy_for(rules: &Rules, url: &str) -> Option<String> {
    let url = Url::parse(url).expect("a URL");
    rules.proxy_for(&url).map(|proxy| proxy.host().to_owned())
}

#[test]
fn the_first_variable_that_is_set_wins() {
    // P-36, P-37: SOCKS comes before HTTP, and a `ws` URL has variables of its own.
    let all = ["ws_proxy", "socks_proxy", "https_proxy", "http_proxy", "all_proxy"];
    for (at, name) in all.iter().enumerate() {
        let variables: Vec<_> = all[at..].iter().map(|name| (*name, *name)).collect();
        assert_eq!(proxy_for(&rules(&variables), "ws://h").as_deref(), Some(*name));
    }
    let all = ["wss_proxy", "socks_proxy", "https_proxy", "all_proxy"];
    for (at, name) in all.iter().enumerate() {
        let variables: Vec<_> = all[at..].iter().map(|name| (*name, *name)).collect();
        assert_eq!(proxy_for(&rules(&variables), "wss://h").as_deref(), Some(*name));
    }
    let ws = rules(&[("ws_proxy", "a"), ("http_proxy", "b")]);
    assert_eq!(proxy_for(&ws, "wss://h"), None);
    assert_eq!(proxy_for(&rules(&[]), "ws://h"), None);
}

/// This variable is set in a process in which a test runs itself again.
#[cfg(feature = "std")]
const AGAIN: &str = "SANSOCKET_TEST_RUNS_AGAIN";

#[cfg(feature = "std")]
#[test]
fn the_environment_of_the_process_is_read() {
    // P-36
    if std::env::var_os(AGAIN).is_some() {
        let rules = Rules::from_env().expect("the variables are valid");
        assert_eq!(proxy_for(&rules, "ws://h").as_deref(), Some("proxy.example"));
        assert_eq!(proxy_for(&rules, "ws://direct.example"), None);
        return;
    }
    let of_others = |(name, _): &(String, String)| {
        name == "REQUEST_METHOD" || name.to_lowercase().ends_with("_proxy")
    };
    let mut test = std::process::Command::new(std::env::current_exe().expect("this program"));
    for (name, _) in std::env::vars().filter(of_others) {
        test.env_remove(name);
    }
    let name = concat!(module_path!(), "::the_environment_of_the_process_is_read");
    let name = name.split_once("::").expect("the name of the program comes first").1;
    test.args(["--exact", name]).env(AGAIN, "").env("no_proxy", "direct.example");
    for (url, is_read) in [("http://proxy.example", true), ("http://other.example", false)] {
        let output = test.env("all_proxy", url).output().expect("the test runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("running 1 test"), "{text}");
        assert_eq!(output.status.success(), is_read, "{url}: {text}");
    }
}

#[test]
fn names_in_lower_case_come_first_and_http_proxy_is_never_read_in_upper_case() {
    let both = rules(&[("ALL_PROXY", "b"), ("all_proxy", "a")]);
    assert_eq!(proxy_for(&both, "ws://h").as_deref(), Some("a"));
    let upper = rules(&[("WSS_PROXY", "a"), ("HTTP_PROXY", "b")]);
    assert_eq!(proxy_for(&upper, "wss://h").as_deref(), Some("a"));
    assert_eq!(proxy_for(&upper, "ws://h"), None);
}

#[test]
fn an_empty_variable_means_no_proxy() {
    let empty = rules(&[("ws_proxy", ""), ("all_proxy", "a")]);
    assert_eq!(proxy_for(&empty, "ws://h"), None);
    assert_eq!(proxy_for(&empty, "wss://h").as_deref(), Some("a"));
}

#[test]
fn nothing_is_read_under_cgi() {
    let cgi = rules(&[("REQUEST_METHOD", "GET"), ("all_proxy", "a"), ("http_proxy", ":::")]);
    assert_eq!(proxy_for(&cgi, "ws://h"), None);
}

#[test]
fn a_variable_that_counts_must_be_a_proxy() {
    for (value, error) in [
        ("ftp://p", ProxyError::BadScheme),
        ("http://", ProxyError::BadHost),
        ("http://p/x", ProxyError::HasPath),
        ("http://p p", ProxyError::BadCharacter),
    ] {
        assert_eq!(read(&[("all_proxy", value)]).err(), Some(error), "{value}");
    }
}

#[test]
fn no_proxy_lists_names_addresses_and_networks() {
    // The list, a URL, whether it is reached directly.
    for (list, url, is_direct) in [
        ("*", "ws://h", true),
        ("a,*", "ws://h", true),
        ("", "ws://h", false),
        (",, ,", "ws://h", false),
        ("example.com", "ws://example.com", true),
        ("example.com", "ws://EXAMPLE.com.", true),
        ("Example.COM", "ws://a.b.example.com", true),
        (".example.com", "ws://example.com", true),
        (".example.com", "wss://a.example.com", true),
        ("example.com", "ws://badexample.com", false),
        ("example.com", "ws://example.com.evil", false),
        ("example.com", "ws://com", false),
        ("a.example, b.example", "ws://b.example", true),
        ("a.example b.example", "ws://b.example", true),
        ("example.com:81", "ws://example.com:81", true),
        ("example.com:81", "ws://example.com", false),
        ("localhost", "ws://127.0.0.1", false),
        ("192.0.2.1", "ws://192.0.2.1", true),
        ("192.0.2.1:80", "ws://192.0.2.1", true),
        ("192.0.2.1:81", "ws://192.0.2.1", false),
        ("192.0.2.1", "ws://1192.0.2.1", false),
        ("2001:db8::7", "ws://[2001:0db8::0:7]", true),
        ("[2001:db8::7]", "ws://[2001:db8::7]", true),
        ("[2001:db8::7]:80", "ws://[2001:db8::7]", true),
        ("[2001:db8::7]:81", "ws://[2001:db8::7]", false),
        ("10.0.0.0/8", "ws://10.255.0.1", true),
        ("10.0.0.0/8", "ws://11.0.0.1", false),
        ("192.168.1.128/25", "ws://192.168.1.129", true),
        ("192.168.1.128/25", "ws://192.168.1.127", false),
        ("0.0.0.0/0", "ws://8.8.8.8", true),
        ("0.0.0.0/0", "ws://[::1]", false),
        ("0.0.0.0/0", "ws://h", false),
        ("1.2.3.4/32", "ws://1.2.3.4", true),
        ("1.2.3.4/32", "ws://1.2.3.5", false),
        ("1.2.3.4/33", "ws://1.2.3.4", false),
        ("fd00::/8", "ws://[fdff::1]", true),
        ("fd00::/8", "ws://[fe00::1]", false),
        ("::/0", "ws://[::1]", true),
        ("::/129", "ws://[::1]", false),
        ("example.com:x", "ws://example.com", false),
        ("a/b", "ws://a", false),
    ] {
        for name in ["no_proxy", "NO_PROXY"] {
            let rules = rules(&[("all_proxy", "p"), (name, list)]);
            assert_eq!(proxy_for(&rules, url).is_none(), is_direct, "{list} {url}");
        }
    }
    let both = rules(&[("all_proxy", "p"), ("no_proxy", "a"), ("NO_PROXY", "b")]);
    assert_eq!(proxy_for(&both, "ws://a"), None);
    assert!(proxy_for(&both, "ws://b").is_some());
}

#[test]
fn a_plan_goes_through_the_proxy_that_the_rules_name() {
    let mut plan = plan("ws://h/");
    plan.set_proxy_rules(rules(&[("ws_proxy", "p:3128")]));
    assert_eq!(play(&plan, &[])[0], "connect p 3128");
    plan.set_proxy_rules(rules(&[("ws_proxy", "p:3128"), ("no_proxy", "h")]));
    assert_eq!(play(&plan, &[])[0], "connect h 80");
}
