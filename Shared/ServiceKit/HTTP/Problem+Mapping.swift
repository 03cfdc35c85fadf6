import Contracts
import HTTPTypes
import Hummingbird
import Kafka
import NIOCore
import Postgres

extension Problem {
    /// What the caller is told of an error; nothing of what is inside leaks.
    init(describing error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let invalid as InvalidValue: self = Problem.invalidFields.with(errors: [FieldError(invalid)])
        case let error as PostgresError: self = Self.describing(error)
        case is NIOTooManyBytesError: self = .bodyTooLarge
        // Operators' questions about topics are the only ones that wait for the broker.
        case let error as KafkaError where error.isRetriable: self = .unavailable
        case let error as HTTPError: self = Self.describing(error)
        case let error as any HTTPResponseError: self = Self.ofStatus(error.status)
        case is CancellationError: self = .unavailable
        default: self = .internalError
        }
    }

    /// The same problem with faults of fields.
    public func with(errors: [FieldError]) -> Problem {
        var copy = self
        copy.errors = errors
        return copy
    }

    private static func describing(_ error: PostgresError) -> Problem {
        switch error.code {
        case .poolTimeout: .overloaded
        case .connection, .cancelled: .unavailable
        case .commitOutcomeUnknown: .outcomeUnknown
        // A deadlock, a failed serialization or a lock not given in time: the same request may succeed now.
        case .server where error.sqlState?.errorClass == "40" || error.sqlState == .lockNotAvailable:
            .conflict.retryAfter(seconds: 1)
        // The server itself is in trouble: it takes no writes, has no room, or is being stopped.
        case .server where error.isRetriable: .unavailable
        default: .internalError
        }
    }

    private static func describing(_ error: HTTPError) -> Problem {
        var problem = ofStatus(error.status)
        problem.headers.append(contentsOf: error.headers)
        return problem
    }

    private static func ofStatus(_ status: HTTPResponse.Status) -> Problem {
        switch status {
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .contentTooLarge: .bodyTooLarge
        case .badRequest: .invalidParameter
        case .unsupportedMediaType: .unsupportedMediaType
        case .forbidden: .forbidden
        case .serviceUnavailable: .unavailable
        default:
            status.kind == .clientError
                ? Problem(
                    status, id: "http-\(status.code)", vietnamese: "Yêu cầu không hợp lệ", english: "Invalid request")
                : .internalError
        }
    }
}
