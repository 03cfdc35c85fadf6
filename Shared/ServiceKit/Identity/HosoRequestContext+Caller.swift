public import Contracts

extension HosoRequestContext {
    /// Who asks; throws a problem when nobody is signed in, the token is not accepted, or its level is too low.
    ///
    /// - Parameter level: the lowest level of assurance; people need 2 for everything that concerns them.
    public func requireCaller(level: Int = 2) throws(Problem) -> Caller {
        switch identity {
        case .none: throw .notSignedIn
        case .refused(let problem): throw problem
        case .caller(let caller):
            guard caller.assuranceLevel >= level else { throw .assuranceTooLow(needed: level) }
            return caller
        }
    }

    /// The member who asks; throws a problem for operators and services too.
    public func requireMember(level: Int = 2) throws(Problem) -> (caller: Caller, id: MemberID) {
        let caller = try requireCaller(level: level)
        guard let id = caller.memberID else { throw .forbidden }
        return (caller, id)
    }

    /// The operator who asks; throws a problem for everybody else.
    public func requireOperator() throws(Problem) -> Caller {
        let caller = try requireCaller(level: 2)
        guard caller.isOperator else { throw .forbidden }
        return caller
    }

    /// Who asks, when somebody is signed in; throws a problem only for a token that is not accepted.
    public func callerIfSignedIn() throws(Problem) -> Caller? {
        switch identity {
        case .none: return nil
        case .refused(let problem): throw problem
        case .caller(let caller): return caller
        }
    }
}
