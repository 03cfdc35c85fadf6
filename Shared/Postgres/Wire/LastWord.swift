import CLibPQ

/// Why the server ended the session while no statement ran.
///
/// libpq has no place for an error outside of a statement: it hands it to the receiver of notices.
final class LastWord {
    private(set) var error: PostgresError?

    /// Receives the connection's notices, which libpq would print to the standard error otherwise.
    ///
    /// libpq keeps an unowned pointer to this object and uses it only within calls on the connection: whoever owns
    /// both ends the connection before this object goes.
    func listen(on connection: OpaquePointer) {
        let receive: PQnoticeReceiver = { context, notice in
            guard let context, let notice else { return }
            let word = Unmanaged<LastWord>.fromOpaque(context).takeUnretainedValue()
            guard let error = PostgresError(ofServer: notice), error.endsConnection else { return }
            word.error = error
        }
        PQsetNoticeReceiver(connection, receive, Unmanaged.passUnretained(self).toOpaque())
    }
}
