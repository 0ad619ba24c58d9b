//! The methods that send, which a `WebSocket` and a `Writer` have in common.

/// Defines the methods that send, over `drive`, which polls a `Turn`.
macro_rules! sending_methods {
    ($this:ident, $($receiver:tt)+) => {
        /// Sends a message. Completes when the stream has taken all of it.
        ///
        /// If the future is dropped, the message is queued whole or not at all.
        ///
        /// # Errors
        ///
        /// Returns [`Error::Send`] if the connection is closing, and the error with which it ends meanwhile.
        pub async fn send<'p>(
            $($receiver)+,
            message: impl Into<Message<'p>>,
        ) -> Result<(), Error> {
            let message = message.into();
            let end = $this.queue(|sender| sender.send(message)).await?;
            $this.drive(|turn, cx| turn.poll_taken(cx, end)).await
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
            $this.queue(|sender| sender.send_part(part)).await?;
            $this.drive(|turn, cx| turn.poll_offer(cx)).await
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
            let end = $this.queue(|sender| sender.send_last(part)).await?;
            $this.drive(|turn, cx| turn.poll_taken(cx, end)).await
        }

        /// Sends a keepalive ping now. Its answer updates the `round_trip` time.
        ///
        /// # Errors
        ///
        /// Returns the errors of [`send`](Self::send).
        pub async fn ping($($receiver)+) -> Result<(), Error> {
            $this.drive(|turn, _| Poll::Ready(turn.sender.probe())).await?;
            $this.drive(|turn, cx| turn.poll_offer(cx)).await
        }

        /// Writes all that is queued.
        ///
        /// # Errors
        ///
        /// Returns the error with which the connection ends meanwhile.
        pub async fn flush($($receiver)+) -> Result<(), Error> {
            $this.drive(|turn, cx| turn.poll_until(cx, Turn::is_flushed)).await
        }

        /// Queues something once there is room for it. Returns where it ends among all bytes.
        async fn queue(
            $($receiver)+,
            queue: impl FnOnce(&mut Sender) -> Result<(), SendError>,
        ) -> Result<u64, Error> {
            let mut queue = Some(queue);
            $this.drive(|turn, cx| turn.poll_queue(cx, &mut queue)).await
        }
    };
}

pub(super) use sending_methods;
