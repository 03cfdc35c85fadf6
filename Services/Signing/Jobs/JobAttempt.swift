import Postgres
import SigningDomain

/// One attempt at a job that did not succeed.
struct FailedAttempt: Sendable {
    let failure: JobFailure
    let cause: any Error

    /// Works on a job; what fails is undone to the savepoint and given back. Nil when it was done.
    ///
    /// Throws where the connection is in doubt, and the transaction with it: the job stays as it was. What the server
    /// itself refused was undone to the savepoint: that job waits like any other, or it would be the first to be taken
    /// for ever.
    static func of(
        _ transaction: PostgresTransaction, _ work: @Sendable () async throws -> Void
    ) async throws -> FailedAttempt? {
        do {
            try await transaction.savepoint { try await work() }
            return nil
        } catch let error as PostgresError where error.sqlState == nil {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return FailedAttempt(failure: JobFailure(error), cause: error)
        }
    }
}
