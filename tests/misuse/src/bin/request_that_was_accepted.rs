//! A request is decided on once.
use sansocket::Limits;
use sansocket::server::{Request, Response};

fn decide(request: Request, refusal: Response<'_>) {
    let mut out = Vec::new();
    let connection = request.accept(Limits::default(), &mut out);
    request.reject(refusal, &mut out); //~ E0382
    drop(connection);
}

fn main() {
    let _ = decide;
}
