//! The repository: layers, documents, and what must not compile.

mod advisories;
mod architecture;
mod catalogue;
mod cited;
mod examples;
mod layers;
mod licences;
mod links;
#[cfg(feature = "tokio")]
mod misuse;
mod promises;
mod rules;
mod spelling;
mod types;
