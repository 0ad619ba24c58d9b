//! The methods that send, which a `WebSocket` and a `Writer` have in common.

/// Defines the methods that send, over `drive`, which polls a `Turn`.
macro_rules! sending_methods {
    ($this:ident, $($receiver:tt)+) => {
        /// Sends a message. Completes when the stream has taken all of it.
        ///
        /// If the future is dropped, the message is queued whole or not at all.
        ///
        /// A server writes a message of 16 KiB or more from where it lies, as far as the stream takes it at once, unless
        /// it is compressed, output of several pieces waits, or the stream [takes one slice at a time](Io::is_vectored).
        /// A client must mask it, so it copies one that is borrowed or shared, and masks one that is given away where it
        /// lies.
        ///
        /// ```
        /// # use sansocket::{Error, polled::{Io, WebSocket}};
        /// # async fn example<S, I: Io<S>>(mut socket: WebSocket<S, I>) -> Result<(), Error> {
        /// socket.send("hello").await?;
        /// socket.send(vec![1, 2, 3]).await?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// Returns [`Error::Send`] if the connection is closing, and the error with which it ends meanwhile.
        pub async fn send<'p>(
            $($receiver)+,
            message: impl Into<Message<'p>>,
        ) -> Result<(), Error> {
            let (mut message, mut end) = (Some(message.into()), 0);
            $this
                .drive(|turn, cx| {
                    if message.is_some() {
                        end = ready!(turn.poll_send(cx, &mut message))?;
                    }
                    turn.poll_sent(cx, Until::Taken, end)
                })
                .await
        }

        /// Sends a part of a message. More parts follow. Completes when the part is queued and the stream has
        /// been offered it.
        ///
        /// # Errors
        ///
        /// Returns the errors of [`send`](Self::send) and of [`Sender::send_part`].
        pub async fn send_part<'p>(
            $($receiver)+,
            part: impl Into<Message<'p>>,
        ) -> Result<(), Error> {
            let part = part.into();
            $this.queue(Until::Offered, |sender| sender.send_part(part)).await
        }

        /// Sends the last part of a message. Completes when the stream has taken all of the message.
        ///
        /// # Errors
        ///
        /// Returns the errors of [`send_part`](Self::send_part).
        pub async fn send_last<'p>(
            $($receiver)+,
            part: impl Into<Message<'p>>,
        ) -> Result<(), Error> {
            let part = part.into();
            $this.queue(Until::Taken, |sender| sender.send_last(part)).await
        }

        /// Queues a message, once fewer than [`Config::max_queued`](crate::Config::max_queued) bytes wait. It
        /// leaves with the next [`flush`](Self::flush), or while an event is awaited.
        ///
        /// # Errors
        ///
        /// Returns the errors of [`send`](Self::send).
        pub async fn feed<'p>(
            $($receiver)+,
            message: impl Into<Message<'p>>,
        ) -> Result<(), Error> {
            let message = message.into();
            $this.queue(Until::Queued, |sender| sender.send(message)).await
        }

        /// Sends a keepalive ping now. Its answer updates the `round_trip` time.
        ///
        /// # Errors
        ///
        /// Returns the errors of [`send`](Self::send).
        pub async fn ping($($receiver)+) -> Result<(), Error> {
            $this.drive(|turn, cx| Poll::Ready(turn.act(cx, Sender::probe))).await
        }

        /// Writes all that is queued.
        ///
        /// # Errors
        ///
        /// Returns the error with which the connection ends meanwhile.
        pub async fn flush($($receiver)+) -> Result<(), Error> {
            $this.drive(|turn, cx| turn.poll_until(cx, Turn::is_flushed)).await
        }

        /// Queues something once there is room for it, and waits until it counts as sent.
        async fn queue(
            $($receiver)+,
            until: Until,
            queue: impl FnOnce(&mut Sender) -> Result<(), SendError>,
        ) -> Result<(), Error> {
            let (mut queue, mut end) = (Some(queue), 0);
            $this
                .drive(|turn, cx| {
                    if queue.is_some() {
                        end = ready!(turn.poll_queue(cx, &mut queue))?;
                    }
                    turn.poll_sent(cx, until, end)
                })
                .await
        }
    };
}

pub(super) use sending_methods;
