//! HTTP authentication (RFC 9110, section 11): challenges, credentials, and the checks of a server.
//!
//! A server answers a request without credentials by a 401 with [`Challenge`]s, a proxy by a 407. The client
//! repeats the request with [`Credentials`], and the server reads them with [`Authorization`].
//!
//! Basic (RFC 7617) and Bearer (RFC 6750) are built in, and with the feature `digest` also Digest (RFC 7616).
//! Other schemes work too: their challenges can be read, and any header value can be the answer.
//!
//! # A client
//!
//! ```
//! use sansocket::auth::Challenge;
//!
//! let value = br#"Basic realm="chat", Digest realm="chat", nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC""#;
//! let schemes: Vec<_> = Challenge::parse_all(value).map(|challenge| challenge.scheme()).collect();
//! assert_eq!(schemes, ["Basic", "Digest"]);
//! ```
//!
//! # A server
//!
//! ```
//! use sansocket::Connection;
//! use sansocket::auth::{Authorization, Demand};
//! use sansocket::server::Response;
//!
//! /// Accepts a request with the right password, and asks for it otherwise.
//! fn decide(connection: &mut Connection) -> Result<(), sansocket::HeaderError> {
//!     let Some(request) = connection.request() else { return Ok(()) };
//!     let login = Authorization::of(request.headers()).and_then(|it| it.basic());
//!     if login.is_some_and(|login| login.is("alice", "secret")) {
//!         connection.accept();
//!     } else {
//!         let demand = Demand::basic("chat")?.to_string();
//!         connection.reject(Response::unauthorized(&demand)?);
//!     }
//!     Ok(())
//! }
//! ```

mod compare;
mod error;
mod value;

mod authorization;
mod basic;
mod challenge;
mod demand;
#[cfg(feature = "digest")]
mod digest;

mod credentials;
mod login;

pub use authorization::Authorization;
pub use basic::BasicLogin;
pub use challenge::Challenge;
pub use credentials::Credentials;
pub use demand::Demand;
#[cfg(feature = "digest")]
pub use digest::{Algorithm, Digest, DigestLogin};
pub use error::CredentialsError;
pub(crate) use login::{Asked, Login, Verdict};
