//! Digest authentication (RFC 7616): a client proves that it knows a password without sending it.
//!
//! ```text
//! response = H(H(A1) : nonce : nc : cnonce : qop : H(A2))
//! A1       = user : realm : password      with -sess: H(that) : nonce : cnonce
//! A2       = method : target
//! ```
//!
//! The only quality of protection is `auth`, since the opening handshake has no body.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write};

use md5::Md5;
use sha2::{Sha256, Sha512_256};

use super::challenge::Challenge;
use super::compare::is_equal;
use super::value::{AuthValue, escape};
use crate::handshake::percent::percent_decode;

/// A hash algorithm of Digest authentication, from the strongest to the weakest.
///
/// ```
/// use sansocket::auth::Algorithm;
///
/// assert_eq!(Algorithm::SHA512_256.to_string(), "SHA-512-256");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    hash: Hash,
    key: KeyKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Sha512256,
    Sha256,
    Md5,
}

/// How the secret is derived from the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    Password,
    /// `-sess`: also from the first nonces.
    Session,
}

impl Algorithm {
    /// SHA-512/256.
    pub const SHA512_256: Self = Self { hash: Hash::Sha512256, key: KeyKind::Password };
    /// SHA-256.
    pub const SHA256: Self = Self { hash: Hash::Sha256, key: KeyKind::Password };
    /// MD5, for old clients.
    pub const MD5: Self = Self { hash: Hash::Md5, key: KeyKind::Password };

    /// Returns the variant whose secret also depends on the first nonces of a session: `-sess`.
    #[must_use]
    pub const fn session(self) -> Self {
        Self { key: KeyKind::Session, ..self }
    }

    /// Parses a name, ignoring case. Without a name the algorithm is MD5 (RFC 7616, section 3.3).
    fn parse(name: Option<&str>) -> Option<Self> {
        let Some(name) = name else { return Some(Self::MD5) };
        let all = [Self::SHA512_256, Self::SHA256, Self::MD5];
        let all = all.into_iter().flat_map(|it| [it, it.session()]);
        all.into_iter().find(|it| format!("{it}").eq_ignore_ascii_case(name))
    }

    /// Returns the hash of texts joined by colons, in lower-case hex.
    fn hash(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        match self.hash {
            Hash::Sha512256 => hex::<Sha512_256>(&text),
            Hash::Sha256 => hex::<Sha256>(&text),
            Hash::Md5 => hex::<Md5>(&text),
        }
    }
}

/// Writes the name as it stands in a challenge.
impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.hash {
            Hash::Sha512256 => "SHA-512-256",
            Hash::Sha256 => "SHA-256",
            Hash::Md5 => "MD5",
        })?;
        f.write_str(if self.key == KeyKind::Session { "-sess" } else { "" })
    }
}

fn hex<D: sha2::Digest>(text: &str) -> String {
    let mut hex = String::new();
    for byte in D::digest(text) {
        // A `String` takes all that is written.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// A Digest challenge that a client answers, once or for several requests.
///
/// ```
/// use sansocket::auth::{Challenge, Digest};
///
/// // RFC 7616, section 3.9.1.
/// let value = br#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,
///     nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
/// let value = value.map(|byte| if byte == b'\n' { b' ' } else { byte });
/// let challenge = Challenge::parse_all(&value).next().unwrap();
/// let mut digest = Digest::new(&challenge, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ").unwrap();
/// let answer = digest.answer("Mufasa", "Circle of Life", "GET", "/dir/index.html");
/// assert!(answer.contains(r#"response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1""#));
/// assert!(answer.contains("nc=00000001"));
/// ```
#[derive(Clone)]
pub struct Digest {
    algorithm: Algorithm,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    user: UserKind,
    cnonce: String,
    /// Number of answers.
    count: u32,
}

/// How the user is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UserKind {
    Plain,
    Hashed,
}

impl Digest {
    /// Reads a challenge. `cnonce` is the client's nonce: random, and new for each challenge.
    ///
    /// Returns `None` if the scheme is not Digest, the realm or the nonce is missing, the algorithm is unknown,
    /// or `qop` does not offer `auth` (RFC 7616, section 3.3).
    pub fn new(challenge: &Challenge<'_>, cnonce: &str) -> Option<Self> {
        let parameter = |name| challenge.parameter(name);
        let offers_auth = parameter("qop")?.split(',').any(|qop| is_auth(qop.trim()));
        let user = match parameter("userhash").is_some_and(|it| it.eq_ignore_ascii_case("true")) {
            true => UserKind::Hashed,
            false => UserKind::Plain,
        };
        (challenge.is("Digest") && offers_auth).then_some(Self {
            algorithm: Algorithm::parse(parameter("algorithm").as_deref())?,
            realm: challenge.realm()?.into_owned(),
            nonce: parameter("nonce")?.into_owned(),
            opaque: parameter("opaque").map(|it| it.into_owned()),
            user,
            cnonce: cnonce.to_owned(),
            count: 0,
        })
    }

    /// Returns the algorithm.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns whether this is preferred to another: its hash is stronger (RFC 7616, section 3.7).
    pub(crate) fn is_stronger(&self, other: &Self) -> bool {
        self.algorithm.hash < other.algorithm.hash
    }

    /// Returns the value of `Authorization` or `Proxy-Authorization` for the next request. The count of nonces
    /// goes up with each.
    ///
    /// The target is that of the request line: path and query, or for `CONNECT` host and port.
    pub fn answer(&mut self, user: &str, password: &str, method: &str, target: &str) -> String {
        self.count = self.count.saturating_add(1);
        let Self { algorithm, realm, nonce, cnonce, count, .. } = &*self;
        let count = format!("{count:08x}");
        let key = secret(*algorithm, user, realm, password, nonce, cnonce);
        let response = prove(*algorithm, &key, nonce, &count, cnonce, method, target);
        let mut value = format!(
            "Digest {}, realm=\"{}\", uri=\"{}\", algorithm={algorithm}, nonce=\"{}\", nc={count}, \
             cnonce=\"{}\", qop=auth, response=\"{response}\"",
            self.name(user),
            escape(realm),
            escape(target),
            escape(nonce),
            escape(cnonce),
        );
        if let Some(opaque) = &self.opaque {
            value = format!("{value}, opaque=\"{}\"", escape(opaque));
        }
        if self.user == UserKind::Hashed {
            value.push_str(", userhash=true");
        }
        value
    }

    /// Returns the parameter that names the user (RFC 7616, section 3.4).
    fn name(&self, user: &str) -> String {
        match self.user {
            UserKind::Hashed => {
                format!("username=\"{}\"", self.algorithm.hash(&[user, &self.realm]))
            }
            UserKind::Plain if user.is_ascii() => format!("username=\"{}\"", escape(user)),
            UserKind::Plain => format!("username*=UTF-8''{}", percent_encode(user)),
        }
    }
}

/// Prints no secrets.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digest = f.debug_struct("Digest");
        digest.field("algorithm", &self.algorithm).field("count", &self.count);
        digest.finish_non_exhaustive()
    }
}

/// The proof of a password, as a server reads it from `Authorization`.
///
/// It says nothing about its age: the server must check that the [nonce](Self::nonce) is one of its own and new
/// enough, and that no [count](Self::count) comes twice with it.
///
/// ```
/// use sansocket::auth::{Algorithm, Authorization, Challenge, Demand, Digest};
///
/// let demand = Demand::digest("chat", Algorithm::SHA256, "n0nce")?.to_string();
/// let challenge = Challenge::parse_all(demand.as_bytes()).next().unwrap();
/// let answer = Digest::new(&challenge, "cn0nce").unwrap().answer("alice", "secret", "GET", "/chat");
///
/// let login = Authorization::parse(answer.as_bytes()).unwrap().digest().unwrap();
/// assert!(login.is_user("alice") && login.nonce() == "n0nce" && login.count() == 1);
/// assert!(login.proves("alice", "secret", "chat", "GET", "/chat"));
/// assert!(!login.proves("alice", "guess", "chat", "GET", "/chat"));
/// # Ok::<(), sansocket::HeaderError>(())
/// ```
#[derive(Clone)]
pub struct DigestLogin {
    algorithm: Algorithm,
    user: String,
    user_kind: UserKind,
    realm: String,
    nonce: String,
    uri: String,
    /// The count as it was sent.
    nc: String,
    count: u32,
    cnonce: String,
    response: String,
}

impl DigestLogin {
    pub(crate) fn read(value: &AuthValue<'_>) -> Option<Self> {
        let parameter = |name| value.parameter(name).map(|it| it.into_owned());
        let is_hashed = parameter("userhash").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        let nc = parameter("nc").filter(|nc| nc.len() == 8)?;
        let count = u32::from_str_radix(&nc, 16).ok()?;
        let user = match (parameter("username"), parameter("username*")) {
            (Some(user), None) => user,
            (None, Some(user)) if !is_hashed => percent_decode(strip_charset(&user)?)?,
            (None | Some(_), _) => return None,
        };
        is_auth(&parameter("qop")?).then_some(Self {
            algorithm: Algorithm::parse(parameter("algorithm").as_deref())?,
            user,
            user_kind: if is_hashed { UserKind::Hashed } else { UserKind::Plain },
            realm: parameter("realm")?,
            nonce: parameter("nonce")?,
            uri: parameter("uri")?,
            nc,
            count,
            cnonce: parameter("cnonce")?,
            response: parameter("response")?,
        })
    }

    /// Returns the name of the user, or its hash if the client [hashed](Self::is_user) it.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns whether the client named this user, in clear or as a hash.
    pub fn is_user(&self, user: &str) -> bool {
        match self.user_kind {
            UserKind::Plain => self.user == user,
            UserKind::Hashed => self.user == self.algorithm.hash(&[user, &self.realm]),
        }
    }

    /// Returns the algorithm. The server must have offered it.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the server's nonce that the client used.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Returns how many requests the client has sent with this nonce.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Returns whether the client knows the password of this user in this realm, and sent the proof for this
    /// request. The comparison takes the same time wherever the proofs differ.
    pub fn proves(
        &self,
        user: &str,
        password: &str,
        realm: &str,
        method: &str,
        target: &str,
    ) -> bool {
        let Self { algorithm, nonce, cnonce, nc, .. } = self;
        let key = secret(*algorithm, user, realm, password, nonce, cnonce);
        let expected = prove(*algorithm, &key, nonce, nc, cnonce, method, target);
        let is_proof = is_equal(expected.as_bytes(), self.response.as_bytes());
        is_proof && self.is_user(user) && self.realm == realm && self.uri == target
    }
}

/// Prints no secrets.
impl fmt::Debug for DigestLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut login = f.debug_struct("DigestLogin");
        login.field("algorithm", &self.algorithm).field("count", &self.count);
        login.finish_non_exhaustive()
    }
}

/// Returns H(A1) (RFC 7616, section 3.4.2).
fn secret(
    algorithm: Algorithm,
    user: &str,
    realm: &str,
    password: &str,
    nonce: &str,
    cnonce: &str,
) -> String {
    let key = algorithm.hash(&[user, realm, password]);
    match algorithm.key {
        KeyKind::Password => key,
        KeyKind::Session => algorithm.hash(&[&key, nonce, cnonce]),
    }
}

/// Returns the response (RFC 7616, section 3.4.1).
fn prove(
    algorithm: Algorithm,
    key: &str,
    nonce: &str,
    count: &str,
    cnonce: &str,
    method: &str,
    target: &str,
) -> String {
    let request = algorithm.hash(&[method, target]);
    algorithm.hash(&[key, nonce, count, cnonce, "auth", &request])
}

const fn is_auth(qop: &str) -> bool {
    qop.eq_ignore_ascii_case("auth")
}

/// Encodes an extended value (RFC 8187, section 3.2.1).
fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let _ = match byte.is_ascii_alphanumeric() {
            true => encoded.write_char(char::from(byte)),
            false => write!(encoded, "%{byte:02X}"),
        };
    }
    encoded
}

/// Removes the charset and the language of an extended value (RFC 8187, section 3.2).
fn strip_charset(value: &str) -> Option<&str> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, text) = rest.split_once('\'')?;
    charset.eq_ignore_ascii_case("UTF-8").then_some(text)
}
