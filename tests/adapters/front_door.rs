//! The front door of each adapter: `Connect`, through redirects, logins, proxies and TLS.

use std::error::Error as _;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use sansocket::auth::{Algorithm, Authorization, Credentials, Demand};
use sansocket::client::Response;
use sansocket::connect::{
    Action, Backoff, Failure, Next, Peer, PlanError, Proxy, ProxyError, ProxyFault, RedirectFault,
    Redirects, Retry, Rules,
};
use sansocket::polled::{self, Io};
use sansocket::tls::rustls::{ServerConnection, StreamOwned};
use sansocket::{
    CloseCode, Config, Error, HeaderError, TimedOut, Timeouts, Timestamp, UrlError, blocking, smol,
    tokio,
};

use crate::site::{Asked, Target, accept, echo, echo_next, field, head, reply, serve, socks};
use crate::site::{take, tunnel};
use crate::tls::{ADAPTERS, Adapter, Identity, in_tokio};

/// Connects with an adapter and these settings, says something, hears it, and closes. Returns the response.
macro_rules! talk {
    ($adapter:expr, $url:expr $(, $($set:tt)+)?) => {{
        let url: &str = $url;
        match $adapter {
            Adapter::Blocking => converse(blocking::Connect::new(url) $($($set)+)? .connect()),
            Adapter::Tokio => in_tokio(async {
                converse_later(tokio::Connect::new(url) $($($set)+)? .connect().await).await
            }),
            Adapter::Smol => ::smol::block_on(async {
                converse_later(smol::Connect::new(url) $($($set)+)? .connect().await).await
            }),
        }
    }};
}

type Opened<S> = Result<(S, Response), Error>;

fn converse(opened: Opened<blocking::WebSocket<blocking::MaybeTls>>) -> Result<Response, Error> {
    let (mut socket, response) = opened?;
    socket.send("hello")?;
    assert_eq!(socket.receive()?, Some("hello".into()));
    socket.close(CloseCode::NORMAL, "")?;
    Ok(response)
}

async fn converse_later<S, I: Io<S>>(
    opened: Opened<polled::WebSocket<S, I>>,
) -> Result<Response, Error> {
    let (mut socket, response) = opened?;
    socket.send("hello").await?;
    assert_eq!(socket.receive().await?, Some("hello".into()));
    socket.close(CloseCode::NORMAL, "").await?;
    Ok(response)
}

/// Returns the failure of an error of the way.
fn failure(outcome: &Result<Response, Error>) -> Failure {
    match outcome {
        Err(Error::Connect(error)) => error.failure,
        other => panic!("{other:?}"),
    }
}

fn url(port: u16) -> String {
    format!("ws://127.0.0.1:{port}/chat?room=1")
}

fn proxy(scheme: &str, port: u16) -> Proxy {
    Proxy::parse(&format!("{scheme}127.0.0.1:{port}")).unwrap()
}

/// TLS of a server over a stream.
fn secure<S: Read + Write>(identity: &Identity, stream: S) -> StreamOwned<ServerConnection, S> {
    StreamOwned::new(ServerConnection::new(identity.server.clone()).unwrap(), stream)
}

fn impatient() -> Arc<Config> {
    Config::new().timeouts(Timeouts::new().opening(SHORT)).shared()
}

const SHORT: Duration = Duration::from_millis(150);

#[test]
fn headers_subprotocols_and_the_origin_are_sent_and_the_response_is_returned() {
    for adapter in ADAPTERS {
        let (port, served) = serve(|listener| echo_next(accept(&listener)));
        let origin = format!("http://127.0.0.1:{port}");
        let outcome = talk!(
            adapter,
            &url(port),
            .header("X-Token", "secret").protocol("a").protocol("b").origin(&origin)
        );
        assert_eq!(outcome.unwrap().status(), 101, "{adapter:?}");
        let head = served.join().unwrap();
        assert!(head.starts_with("GET /chat?room=1 HTTP/1.1\r\n"), "{head}");
        assert_eq!(field(&head, "X-Token"), Some("secret"));
        assert_eq!(field(&head, "Sec-WebSocket-Protocol"), Some("a, b"));
        assert_eq!(field(&head, "Origin"), Some(&*origin));
        assert_eq!(field(&head, "Host"), Some(&*format!("127.0.0.1:{port}")));
    }
}

#[test]
fn one_type_serves_ws_and_wss() {
    let identity = Identity::local();
    for adapter in ADAPTERS {
        for is_secure in [false, true] {
            let tls = identity.clone();
            let (port, served) = serve(move |listener| match is_secure {
                true => echo_next(secure(&tls, accept(&listener))),
                false => echo_next(accept(&listener)),
            });
            let scheme = if is_secure { "wss" } else { "ws" };
            let url = format!("{scheme}://localhost:{port}/");
            let config = identity.client.clone();
            let has_tls = match adapter {
                Adapter::Blocking => {
                    let (socket, _) = blocking::Connect::new(&url).tls(config).connect().unwrap();
                    assert_eq!(socket.get_ref().get_ref().peer_addr().unwrap().port(), port);
                    socket.get_ref().has_tls() && socket.get_ref().tls().is_some()
                }
                Adapter::Tokio => in_tokio(async {
                    let door = tokio::Connect::new(&url).tls(config);
                    let (socket, _) = door.connect().await.unwrap();
                    assert_eq!(
                        socket.get_ref().get_ref().unwrap().peer_addr().unwrap().port(),
                        port
                    );
                    socket.get_ref().has_tls() && socket.get_ref().tls().is_some()
                }),
                Adapter::Smol => ::smol::block_on(async {
                    let door = smol::Connect::new(&url).tls(config);
                    let (socket, _) = door.connect().await.unwrap();
                    assert_eq!(socket.get_ref().get_ref().peer_addr().unwrap().port(), port);
                    socket.get_ref().has_tls() && socket.get_ref().tls().is_some()
                }),
            };
            assert_eq!(has_tls, is_secure, "{adapter:?}");
            served.join().unwrap();
        }
    }
}

#[test]
fn a_redirect_to_another_origin_carries_no_secrets() {
    for adapter in ADAPTERS {
        let (other, served) = serve(|listener| echo_next(accept(&listener)));
        let (port, first) = serve(move |listener| {
            let mut stream = accept(&listener);
            let head = head(&mut stream);
            reply(&mut stream, 307, &format!("Location: ws://127.0.0.1:{other}/new\r\n"));
            head
        });
        let credentials = Credentials::bearer("token").unwrap().allow_plaintext();
        let outcome = talk!(
            adapter,
            &url(port),
            .header("X-Key", "secret").portable_header("X-Lang", "de").protocol("p1")
            .portable_protocol("p2").credentials(credentials.clone())
            .redirects(Redirects::anywhere(1))
        );
        let asked = outcome.unwrap().url().unwrap().to_string();
        assert_eq!(asked, format!("ws://127.0.0.1:{other}/new"));
        let (first, second) = (first.join().unwrap(), served.join().unwrap());
        assert_eq!(field(&first, "X-Key"), Some("secret"), "{adapter:?}");
        assert_eq!(field(&first, "Authorization"), Some("Bearer token"));
        assert_eq!(field(&first, "Sec-WebSocket-Protocol"), Some("p1, p2"));
        assert!(second.starts_with("GET /new "), "{second}");
        assert_eq!(field(&second, "X-Lang"), Some("de"));
        assert_eq!(field(&second, "Sec-WebSocket-Protocol"), Some("p2"));
        assert!(!second.contains("secret") && !second.contains("token"), "{second}");
    }
}

#[test]
fn a_redirect_is_a_rejection_unless_redirects_are_allowed() {
    for adapter in ADAPTERS {
        for redirects in [Redirects::NONE, Redirects::same_origin(1)] {
            let (port, served) = serve(|listener| {
                let mut stream = accept(&listener);
                head(&mut stream);
                reply(&mut stream, 302, "Location: ws://localhost:1/\r\n");
            });
            let outcome = talk!(adapter, &url(port), .redirects(redirects));
            match outcome {
                Err(Error::Rejected(response)) => {
                    assert_eq!((response.status(), redirects), (302, Redirects::NONE));
                    assert_eq!(response.url().unwrap().to_string(), url(port));
                }
                Err(Error::Connect(error)) => {
                    assert_eq!(error.failure, Failure::Redirect(RedirectFault::OtherOrigin));
                    assert_eq!(error.response.unwrap().status(), 302);
                }
                other => panic!("{adapter:?}: {other:?}"),
            }
            served.join().unwrap();
        }
    }
}

#[test]
fn a_401_is_answered_by_basic_and_by_digest() {
    let basic = Demand::basic("chat").unwrap().to_string();
    let digest = Demand::digest("chat", Algorithm::SHA256, "nonce").unwrap().to_string();
    for adapter in ADAPTERS {
        for demand in [basic.clone(), digest.clone()] {
            let (port, served) = serve(move |listener| {
                let mut stream = accept(&listener);
                assert_eq!(field(&head(&mut stream), "Authorization"), None);
                reply(&mut stream, 401, &format!("WWW-Authenticate: {demand}\r\n"));
                echo_next(accept(&listener))
            });
            let credentials = Credentials::password("ada", "secret").unwrap().allow_plaintext();
            talk!(adapter, &url(port), .credentials(credentials.clone())).unwrap();
            let head = served.join().unwrap();
            let value = field(&head, "Authorization").unwrap();
            let login = Authorization::parse(value.as_bytes()).unwrap();
            let is_proved = match (login.basic(), login.digest()) {
                (Some(login), None) => login.is("ada", "secret"),
                (None, Some(login)) => login.proves("ada", "secret", "chat", "GET", "/chat?room=1"),
                other => panic!("{other:?}"),
            };
            assert!(is_proved, "{adapter:?}: {value}");
        }
    }
}

/// Serves as an HTTP proxy that asks for a password. Returns the last request.
fn http_proxy(listener: &TcpListener) -> (TcpStream, String) {
    let mut stream = accept(listener);
    let first = head(&mut stream);
    assert_eq!(field(&first, "Proxy-Authorization"), None);
    reply(&mut stream, 407, "Proxy-Authenticate: Basic realm=\"p\"\r\n");
    let mut stream = accept(listener);
    let second = head(&mut stream);
    // What comes after the head belongs to the tunnel.
    stream.write_all(b"HTTP/1.1 200 x\r\nVia: p\r\n\r\n").unwrap();
    (stream, second)
}

#[test]
fn an_http_proxy_that_asks_for_a_password_gets_it_and_the_server_does_not() {
    for adapter in ADAPTERS {
        let (target, served) = serve(|listener| echo_next(accept(&listener)));
        let (port, proxied) = serve(move |listener| {
            let (stream, head) = http_proxy(&listener);
            tunnel(stream, target);
            head
        });
        talk!(adapter, &url(target), .proxy(proxy("http://u:p@", port))).unwrap();
        let (asked, head) = (proxied.join().unwrap(), served.join().unwrap());
        assert!(asked.starts_with(&format!("CONNECT 127.0.0.1:{target} HTTP/1.1\r\n")), "{asked}");
        assert_eq!(field(&asked, "Proxy-Authorization"), Some("Basic dTpw"), "{adapter:?}");
        assert_eq!(field(&head, "Proxy-Authorization"), None);
    }
}

#[test]
fn tls_goes_through_an_http_proxy_over_tls() {
    let identity = Identity::local();
    for adapter in ADAPTERS {
        let [tls, proxy_tls] = [(); 2].map(|()| identity.clone());
        let (target, served) = serve(move |listener| echo_next(secure(&tls, accept(&listener))));
        let (port, proxied) = serve(move |listener| {
            let mut stream = secure(&proxy_tls, accept(&listener));
            let head = head(&mut stream);
            stream.write_all(b"HTTP/1.1 200 x\r\n\r\n").unwrap();
            tunnel(stream, target);
            head
        });
        let url = format!("wss://localhost:{target}/");
        let config = identity.client.clone();
        talk!(adapter, &url, .proxy(proxy("https://", port)).tls(config.clone())).unwrap();
        let asked = proxied.join().unwrap();
        assert!(asked.starts_with(&format!("CONNECT localhost:{target} ")), "{adapter:?}");
        assert!(served.join().unwrap().starts_with("GET / "));
    }
}

#[test]
fn socks5_is_spoken_with_and_without_a_password_and_names_are_resolved_on_either_side() {
    for adapter in ADAPTERS {
        for (scheme, has_name) in
            [("socks5://", false), ("socks5h://", true), ("socks5://ada:secret@", false)]
        {
            let (target, served) = serve(|listener| echo_next(accept(&listener)));
            let (port, proxied) = serve(move |listener| {
                let mut stream = accept(&listener);
                let asked = socks(&mut stream);
                tunnel(stream, target);
                asked
            });
            let url = format!("ws://localhost:{target}/");
            talk!(adapter, &url, .proxy(proxy(scheme, port))).unwrap();
            let Asked { login, target: asked } = proxied.join().unwrap();
            let expected = scheme.contains('@').then(|| ("ada".into(), "secret".into()));
            assert_eq!(login, expected, "{adapter:?}, {scheme}");
            match asked {
                Target::Name(name, port) => {
                    assert!(has_name && name == "localhost" && port == target);
                }
                Target::Address(address) => {
                    assert!(!has_name && address.ip().is_loopback(), "{address}");
                    assert_eq!(address.port(), target);
                }
            }
            served.join().unwrap();
        }
    }
}

#[test]
fn rules_choose_the_proxy() {
    for adapter in ADAPTERS {
        let (target, served) = serve(|listener| echo_next(accept(&listener)));
        let (port, proxied) = serve(move |listener| {
            let mut stream = accept(&listener);
            socks(&mut stream);
            tunnel(stream, target);
        });
        let get = |name: &str| (name == "all_proxy").then(|| format!("socks5://127.0.0.1:{port}"));
        let rules = Rules::new(get).unwrap();
        talk!(adapter, &url(target), .proxies(rules.clone())).unwrap();
        proxied.join().unwrap();
        served.join().unwrap();
    }
}

#[test]
fn a_503_is_retried_when_it_asks_to() {
    for adapter in ADAPTERS {
        let (port, served) = serve(|listener| {
            let mut stream = accept(&listener);
            head(&mut stream);
            reply(&mut stream, 503, "Retry-After: 1\r\n");
            let rejected = Instant::now();
            let stream = accept(&listener);
            let waited = rejected.elapsed();
            echo_next(stream);
            waited
        });
        let retry = Retry::times(1).backoff(Backoff::new().first(Duration::ZERO));
        talk!(adapter, &url(port), .retry(retry)).unwrap();
        let waited = served.join().unwrap();
        // Timers may be somewhat early.
        assert!(waited > Duration::from_millis(950), "{adapter:?}: {waited:?}");
    }
}

#[test]
fn each_misuse_is_an_error_before_any_io() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let good = format!("ws://127.0.0.1:{port}/");
    let bearer = || Credentials::bearer("token").unwrap();
    for adapter in ADAPTERS {
        let url = |scheme: &str| format!("{scheme}127.0.0.1:{port}/");
        for (bad, expected) in [
            (url("http://"), UrlError::BadScheme),
            (url("ws://u:p@"), UrlError::HasUserinfo),
            (format!("ws://127.0.0.1:{port}/#x"), UrlError::HasFragment),
            ("ws://".into(), UrlError::BadHost),
            ("wss://%41:1/".into(), UrlError::BadHost),
        ] {
            let outcome = talk!(adapter, &bad);
            assert!(matches!(outcome, Err(Error::Url(e)) if e == expected), "{bad}: {outcome:?}");
        }
        let outcomes = [
            (talk!(adapter, &good, .header("X", "a\r\nY: b")), HeaderError::BadValue),
            (talk!(adapter, &good, .header("a b", "c")), HeaderError::BadName),
            (talk!(adapter, &good, .header("Upgrade", "h2c")), HeaderError::Reserved),
            (talk!(adapter, &good, .portable_header("Cookie", "a=b")), HeaderError::NotPortable),
            (talk!(adapter, &good, .protocol("a b")), HeaderError::BadProtocol),
            (talk!(adapter, &good, .protocol("a").protocol("a")), HeaderError::Repeated),
            (talk!(adapter, &good, .origin("example.com/x")), HeaderError::BadOrigin),
        ];
        for (outcome, expected) in outcomes {
            let is_expected = matches!(outcome, Err(Error::Header(error)) if error == expected);
            assert!(is_expected, "{adapter:?}: {expected}: {outcome:?}");
        }
        let outcome = talk!(adapter, &good, .credentials(bearer()));
        assert!(matches!(outcome, Err(Error::Plan(PlanError::NeedsTls))), "{outcome:?}");
        // The first error counts, whatever follows.
        let outcome =
            talk!(adapter, &good, .protocol("a b").header("X", "\n").redirects(Redirects::NONE));
        assert!(matches!(outcome, Err(Error::Header(HeaderError::BadProtocol))), "{outcome:?}");
    }
    let parse = || -> Result<Proxy, Error> { Ok(Proxy::parse("http://")?) };
    assert!(matches!(parse(), Err(Error::Proxy(ProxyError::BadHost))));
    let error = listener.accept().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "nobody has connected");
}

#[test]
fn an_error_names_the_url_the_step_and_the_source() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for adapter in ADAPTERS {
        let outcome = talk!(adapter, &url(closed));
        assert_eq!(failure(&outcome), Failure::Connect(Peer::Target), "{adapter:?}");
        let error = outcome.unwrap_err();
        let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(source.kind(), ErrorKind::ConnectionRefused);
        let text = error.to_string();
        let start = format!("ws://127.0.0.1:{closed}/chat: connection could not be established: ");
        assert!(text.starts_with(&start) && text.ends_with(&source.to_string()), "{text}");
        // The query may be secret.
        assert!(!format!("{error:?}").contains("room"), "{error:?}");
        let Error::Connect(error) = error else { panic!("{error:?}") };
        assert!(error.url.contains("room") && !format!("{error:?}").contains("room"), "{error:?}");
    }
}

#[test]
fn a_certificate_that_is_not_trusted_names_who_has_it() {
    let identity = Identity::local();
    for adapter in ADAPTERS {
        for peer in [Peer::Target, Peer::Proxy] {
            let tls = identity.clone();
            let (port, served) = serve(move |listener| {
                let mut stream = secure(&tls, accept(&listener));
                assert_eq!(head(&mut stream), "", "nothing is sent");
            });
            let (url, through) = match peer {
                Peer::Target => (format!("wss://127.0.0.1:{port}/"), None),
                Peer::Proxy => ("ws://example.com/".to_owned(), Some(proxy("https://", port))),
            };
            // Nobody is trusted by default but public authorities.
            let outcome = talk!(adapter, &url, .proxy(through.clone()));
            assert_eq!(failure(&outcome), Failure::Tls(peer), "{adapter:?}");
            let text = outcome.unwrap_err().to_string();
            let expected =
                format!("TLS with the {peer} failed: invalid peer certificate: UnknownIssuer");
            assert!(text.ends_with(&expected), "{text}");
            served.join().unwrap();
        }
    }
}

#[test]
fn a_server_that_leaves_before_it_answers_is_told_apart() {
    for adapter in ADAPTERS {
        let (port, served) = serve(|listener| drop(head(&mut accept(&listener))));
        let outcome = talk!(adapter, &url(port));
        assert_eq!(failure(&outcome), Failure::TransportEnded, "{adapter:?}");
        served.join().unwrap();
    }
}

/// So does a load balancer without a server behind it.
#[test]
fn a_transport_that_ends_before_tls_stands_is_worth_another_attempt() {
    let identity = Identity::local();
    let soon = Retry::times(1).backoff(Backoff::new().first(Duration::from_millis(1)));
    for adapter in ADAPTERS {
        let tls = identity.clone();
        let (port, served) = serve(move |listener| {
            drop(accept(&listener));
            echo_next(secure(&tls, accept(&listener)))
        });
        let url = format!("wss://localhost:{port}/");
        let outcome = talk!(adapter, &url, .tls(identity.client.clone()).retry(soon));
        assert_eq!(outcome.unwrap().status(), 101, "{adapter:?}");
        served.join().unwrap();
    }
}

#[test]
fn a_proxy_that_always_says_something_wins_no_time() {
    for adapter in ADAPTERS {
        let (port, served) = serve(|listener| {
            let mut stream = accept(&listener);
            head(&mut stream);
            stream.set_nodelay(true).unwrap();
            let mut bytes = b"HTTP/1.1 200 OK\r\nVia: ".iter().chain(std::iter::repeat(&b'x'));
            while stream.write_all(&[*bytes.next().unwrap()]).is_ok() {
                thread::sleep(Duration::from_micros(200));
            }
        });
        let start = Instant::now();
        let through = proxy("http://", port);
        let outcome = talk!(adapter, "ws://h/", .config(impatient()).proxy(through.clone()));
        let took = start.elapsed();
        let is_expected = matches!(outcome, Err(Error::TimedOut(TimedOut::Opening)));
        assert!(is_expected, "{adapter:?}: {outcome:?}");
        assert!(took < 10 * SHORT, "{adapter:?}: {took:?}");
        served.join().unwrap();
    }
}

#[test]
fn each_step_ends_at_the_deadline() {
    for adapter in ADAPTERS {
        for (scheme, through) in
            [("ws", ""), ("wss", ""), ("ws", "http://"), ("ws", "https://"), ("ws", "socks5://")]
        {
            // It reads, and says nothing.
            let (port, served) = serve(|listener| {
                let _ = io::copy(&mut accept(&listener), &mut io::sink());
            });
            let url = format!("{scheme}://127.0.0.1:{port}/");
            let through = (!through.is_empty()).then(|| proxy(through, port));
            let start = Instant::now();
            let outcome = talk!(adapter, &url, .config(impatient()).proxy(through.clone()));
            let took = start.elapsed();
            let is_expected = matches!(outcome, Err(Error::TimedOut(TimedOut::Opening)));
            assert!(is_expected, "{adapter:?}, {scheme}, {through:?}: {outcome:?}");
            assert!(took + Duration::from_millis(20) > SHORT && took < 10 * SHORT, "{took:?}");
            served.join().unwrap();
        }
    }
}

/// Each step of the way is dropped while it waits. The server then sees the end of the transport.
#[test]
fn nothing_is_left_of_a_future_that_is_dropped() {
    for (scheme, through) in [("ws", ""), ("wss", ""), ("ws", "https://"), ("ws", "socks5://")] {
        for adapter in [Adapter::Tokio, Adapter::Smol] {
            let (port, served) =
                serve(|listener| io::copy(&mut accept(&listener), &mut io::sink()));
            let url = format!("{scheme}://127.0.0.1:{port}/");
            let through = (!through.is_empty()).then(|| proxy(through, port));
            match adapter {
                Adapter::Tokio => in_tokio(async {
                    let opening = tokio::Connect::new(&url).proxy(through).connect();
                    let outcome = ::tokio::time::timeout(SHORT, opening).await;
                    assert!(outcome.is_err(), "it waits");
                }),
                _ => ::smol::block_on(async {
                    let opening = smol::Connect::new(&url).proxy(through).connect();
                    let is_over = async { Some(opening.await.map(drop)) };
                    let timer = async { (::smol::Timer::after(SHORT).await, None).1 };
                    assert!(::smol::future::or(is_over, timer).await.is_none(), "it waits");
                }),
            }
            // It would be an error if nothing came for 10 seconds.
            served.join().unwrap().unwrap();
        }
    }
}

#[test]
fn a_wait_for_another_attempt_can_be_dropped() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let backoff = Backoff::new().first(Duration::from_secs(1000)).most(Duration::from_secs(1000));
    let opening = async {
        let retry = Retry::times(9).backoff(backoff);
        let opening = tokio::Connect::new(&url(closed)).retry(retry).connect();
        ::tokio::time::timeout(SHORT, opening).await
    };
    assert!(in_tokio(opening).is_err(), "it waits");
}

#[test]
fn a_proxy_that_answers_garbage_is_an_error() {
    for adapter in ADAPTERS {
        for scheme in ["http://", "socks5h://"] {
            let (port, served) = serve(|listener| {
                let mut stream = accept(&listener);
                take::<3>(&mut stream);
                stream.write_all(b"220 mail.example.com ESMTP\r\n").unwrap();
                let _ = io::copy(&mut stream, &mut io::sink());
            });
            let outcome = talk!(adapter, "ws://example.com/", .proxy(proxy(scheme, port)));
            let failure = failure(&outcome);
            let is_expected = match scheme {
                "http://" => matches!(failure, Failure::Proxy(ProxyFault::Response(_))),
                _ => failure == Failure::Proxy(ProxyFault::Malformed),
            };
            assert!(is_expected, "{adapter:?}, {scheme}: {failure}");
            served.join().unwrap();
        }
    }
}

#[test]
fn interim_responses_without_end_are_an_error() {
    for adapter in ADAPTERS {
        for is_proxy in [false, true] {
            let (port, served) = serve(|listener| {
                let mut stream = accept(&listener);
                head(&mut stream);
                let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
                // 25 MB are more than anybody should read.
                (0..1000).all(|_| stream.write_all(interim.as_bytes()).is_ok())
            });
            let through = is_proxy.then(|| proxy("", port));
            let outcome = talk!(adapter, &url(port), .proxy(through.clone()));
            assert!(outcome.is_err(), "{adapter:?}");
            assert!(!served.join().unwrap(), "{adapter:?}, {is_proxy}: all was read");
        }
    }
}

#[test]
fn challenges_without_end_are_an_error() {
    for adapter in ADAPTERS {
        for is_proxy in [false, true] {
            let (port, served) = serve(move |listener| {
                let mut count = 0;
                loop {
                    let mut stream = accept(&listener);
                    if head(&mut stream).is_empty() {
                        return count;
                    }
                    count += 1;
                    let (status, name) = if is_proxy {
                        (407, "Proxy-Authenticate")
                    } else {
                        (401, "WWW-Authenticate")
                    };
                    let line = format!(
                        "{name}: Digest realm=\"r\", nonce=\"{count}\", stale=true, qop=\"auth\"\r\n"
                    );
                    reply(&mut stream, status, &line);
                }
            });
            let through = is_proxy.then(|| proxy("u:p@", port));
            let credentials = Credentials::password("u", "p").unwrap().allow_plaintext();
            let outcome = talk!(
                adapter, &url(port), .proxy(through.clone()).credentials(credentials.clone())
            );
            match outcome {
                Err(Error::Rejected(response)) => {
                    assert_eq!((response.status(), is_proxy), (401, false));
                }
                Err(Error::Connect(error)) => {
                    let failure = Failure::Rejected { peer: Peer::Proxy, status: 407 };
                    assert_eq!((error.failure, is_proxy), (failure, true));
                }
                other => panic!("{adapter:?}: {other:?}"),
            }
            drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
            // Once, and twice more for a nonce that is stale.
            assert_eq!(served.join().unwrap(), 3, "{adapter:?}");
        }
    }
}

#[test]
fn what_follows_the_response_in_the_same_read_is_not_lost() {
    use sansocket::{Connection, Event, Input};
    for adapter in ADAPTERS {
        let (port, served) = serve(|listener| {
            let mut stream = accept(&listener);
            let head = head(&mut stream);
            let connection = Connection::server(Config::new().shared(), Timestamp::default());
            let mut connection = connection.with_read_ahead(head.as_bytes());
            let mut input = Input::new(vec![0; 64]);
            assert_eq!(connection.next_event(&mut input), Some(Event::Request));
            connection.accept();
            connection.send("hello").unwrap();
            stream.write_all(connection.transmit()).unwrap();
            io::copy(&mut stream, &mut io::sink()).unwrap()
        });
        let url = url(port);
        let message = match adapter {
            Adapter::Blocking => {
                blocking::Connect::new(&url).connect().unwrap().0.receive().unwrap()
            }
            Adapter::Tokio => in_tokio(async {
                tokio::Connect::new(&url).connect().await.unwrap().0.receive().await.unwrap()
            }),
            Adapter::Smol => ::smol::block_on(async {
                smol::Connect::new(&url).connect().await.unwrap().0.receive().await.unwrap()
            }),
        };
        assert_eq!(message, Some("hello".into()), "{adapter:?}");
        served.join().unwrap();
    }
}

#[test]
fn a_hook_sees_each_step_once_with_the_request() {
    for adapter in ADAPTERS {
        let (target, served) = serve(|listener| echo_next(accept(&listener)));
        let (port, proxied) = serve(move |listener| {
            let (stream, _) = http_proxy(&listener);
            tunnel(stream, target);
        });
        let (sender, steps) = mpsc::channel();
        talk!(
            adapter,
            &url(target),
            .proxy(proxy("u:p@", port)).on_step(move |dial| {
                let step = match dial.next_action() {
                    Action::Connect { .. } => "connect".to_owned(),
                    Action::Write => {
                        let head = String::from_utf8_lossy(dial.transmit()).into_owned();
                        head.split(' ').next().unwrap().to_owned()
                    }
                    Action::Read => "read".to_owned(),
                    Action::Next(Next::Authenticate { response, peer }) => {
                        format!("{} of the {peer}", response.status())
                    }
                    Action::Done => "done".to_owned(),
                    other => format!("{other:?}"),
                };
                sender.send(step).unwrap();
            })
        )
        .unwrap();
        let steps: Vec<_> = steps.iter().collect();
        let tunnel = ["connect", "CONNECT", "read"];
        let expected = [&tunnel[..], &["407 of the proxy"], &tunnel, &["GET", "read", "done"]];
        assert_eq!(steps, expected.concat(), "{adapter:?}");
        served.join().unwrap();
        proxied.join().unwrap();
    }
}

#[test]
fn a_hook_may_refuse_a_redirect_and_answer_a_challenge() {
    for adapter in ADAPTERS {
        let (port, served) = serve(|listener| {
            let mut stream = accept(&listener);
            head(&mut stream);
            reply(&mut stream, 401, "WWW-Authenticate: Custom\r\n");
            let mut stream = accept(&listener);
            let head = head(&mut stream);
            reply(&mut stream, 307, "Location: /other\r\n");
            head
        });
        let outcome = talk!(
            adapter,
            &url(port),
            .redirects(Redirects::anywhere(5)).on_step(|dial| match dial.next_action() {
                Action::Next(Next::Challenged { .. }) => dial.answer("Custom 7").unwrap(),
                Action::Next(Next::Redirect { .. }) => dial.refuse(),
                _ => {}
            })
        );
        assert!(matches!(outcome, Err(Error::Rejected(it)) if it.status() == 307), "{adapter:?}");
        assert_eq!(field(&served.join().unwrap(), "Authorization"), Some("Custom 7"));
    }
}

#[test]
fn a_hook_may_refuse_to_connect() {
    for adapter in ADAPTERS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let outcome = talk!(
            adapter,
            &url(port),
            .retry(Retry::times(9)).on_step(|dial| {
                if matches!(dial.next_action(), Action::Connect { host: "127.0.0.1", .. }) {
                    dial.refuse();
                }
            })
        );
        assert_eq!(failure(&outcome), Failure::Abandoned, "{adapter:?}");
        listener.set_nonblocking(true).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

#[test]
fn a_proxy_a_redirect_and_a_login_are_passed_in_one_go() {
    for adapter in ADAPTERS {
        let (target, served) = serve(|listener| {
            let mut stream = accept(&listener);
            head(&mut stream);
            reply(&mut stream, 307, "Location: /new\r\n");
            let mut stream = accept(&listener);
            head(&mut stream);
            reply(&mut stream, 401, "WWW-Authenticate: Basic realm=\"r\"\r\n");
            let mut stream = accept(&listener);
            let head = head(&mut stream);
            echo(stream, &head);
            head
        });
        let (port, proxied) = serve(move |listener| {
            let (stream, _) = http_proxy(&listener);
            let mut tunnels = vec![thread::spawn(move || tunnel(stream, target))];
            for _ in 0..2 {
                let mut stream = accept(&listener);
                let head = head(&mut stream);
                assert_eq!(field(&head, "Proxy-Authorization"), Some("Basic dTpw"));
                stream.write_all(b"HTTP/1.1 200 x\r\n\r\n").unwrap();
                tunnels.push(thread::spawn(move || tunnel(stream, target)));
            }
            tunnels.into_iter().for_each(|tunnel| tunnel.join().unwrap());
        });
        let credentials = Credentials::password("a", "b").unwrap().allow_plaintext();
        let outcome = talk!(
            adapter,
            &url(target),
            .proxy(proxy("u:p@", port)).redirects(Redirects::same_origin(1))
            .credentials(credentials.clone())
        );
        assert!(outcome.is_ok(), "{adapter:?}: {outcome:?}");
        let head = served.join().unwrap();
        assert_eq!(field(&head, "Authorization"), Some("Basic YTpi"));
        proxied.join().unwrap();
    }
}
