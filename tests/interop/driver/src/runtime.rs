//! The runtimes of the ends: each module has `run` for a client, and `serve_with` for a server.

use std::net::TcpListener;

use crate::case::Failure;

pub(crate) mod on_thread {
    use std::net::TcpStream;
    use std::thread;

    use super::{Failure, listen, note};

    pub(crate) fn run<T>(outcome: T) -> T {
        outcome
    }

    pub(crate) fn serve_with(answer: fn(TcpStream) -> Result<(), Failure>) -> Result<(), Failure> {
        for stream in listen()?.incoming() {
            let stream = stream?;
            thread::spawn(move || note(answer(stream)));
        }
        Ok(())
    }
}

pub(crate) mod on_tokio {
    use std::future::Future;

    use tokio::net::{TcpListener, TcpStream};
    use tokio::runtime::Runtime;

    use super::{Failure, listen, note};

    pub(crate) fn run<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        Runtime::new()?.block_on(future)
    }

    pub(crate) fn serve_with<F>(answer: fn(TcpStream) -> F) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        run(async {
            let listener = listen()?;
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(async move { note(answer(stream).await) });
            }
        })
    }
}

pub(crate) mod on_smol {
    use std::future::Future;

    use smol::Async;
    use smol::net::{TcpListener, TcpStream};

    use super::{Failure, listen, note};

    pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
        smol::block_on(future)
    }

    pub(crate) fn serve_with<F>(answer: fn(TcpStream) -> F) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        run(async {
            let listener = TcpListener::from(Async::new(listen()?)?);
            loop {
                let (stream, _) = listener.accept().await?;
                smol::spawn(async move { note(answer(stream).await) }).detach();
            }
        })
    }
}

/// Listens on a free port and prints it for the parent process.
fn listen() -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{{\"port\": {}}}", listener.local_addr()?.port());
    Ok(listener)
}

fn note(outcome: Result<(), Failure>) {
    if let Err(error) = outcome {
        eprintln!("{error}");
    }
}
