import CPKCS11
import Foundation
import Synchronization

/// One vendor's PKCS #11 module.
///
/// Loaded once for each path and kept until the process ends: finalising it would close every session in the process.
// Unchecked, because it holds the module's table of functions: that is set once and never changed, and the module was
// asked to lock for itself (CKF_OS_LOCKING_OK).
final class TokenModule: @unchecked Sendable {
    private static let modules = Mutex<[String: TokenModule]>([:])

    let functions: CK_FUNCTION_LIST

    static func loaded(path: String) throws(TrustError) -> TokenModule {
        try modules.withLock { modules throws(TrustError) in
            if let module = modules[path] { return module }
            let module = try TokenModule(path: path)
            modules[path] = module
            return module
        }
    }

    private init(path: String) throws(TrustError) {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw TrustError(.tokenUnavailable, "the PKCS #11 module \(path) cannot be loaded")
        }
        guard let symbol = dlsym(library, "C_GetFunctionList") else {
            dlclose(library)
            throw TrustError(.tokenUnavailable, "\(path) is not a PKCS #11 module")
        }
        let list = unsafeBitCast(symbol, to: CK_C_GetFunctionList.self)
        var table: UnsafeMutablePointer<CK_FUNCTION_LIST>?
        guard list(&table) == CKR_OK, let table else {
            dlclose(library)
            throw TrustError(.tokenUnavailable, "the PKCS #11 module \(path) has no functions")
        }
        functions = table.pointee
        var arguments = CK_C_INITIALIZE_ARGS()
        arguments.flags = CK_FLAGS(CKF_OS_LOCKING_OK)
        let outcome = functions.C_Initialize(&arguments)
        guard outcome == CKR_OK || outcome == CKR_CRYPTOKI_ALREADY_INITIALIZED else {
            throw TrustError(.tokenUnavailable, "the PKCS #11 module \(path) does not start: \(returnText(outcome))")
        }
    }

    /// The slot in which a token with this label is now.
    func slot(ofToken label: String) throws(TrustError) -> (slot: CK_SLOT_ID, token: CK_TOKEN_INFO) {
        // Asking for the number first also makes the module look for tokens that came or went.
        var count: CK_ULONG = 0
        try check("the tokens cannot be listed", functions.C_GetSlotList(CK_BBOOL(CK_TRUE), nil, &count))
        var slots = [CK_SLOT_ID](repeating: 0, count: Int(count))
        try check("the tokens cannot be listed", functions.C_GetSlotList(CK_BBOOL(CK_TRUE), &slots, &count))
        for slot in slots.prefix(Int(count)) {
            var info = CK_TOKEN_INFO()
            guard functions.C_GetTokenInfo(slot, &info) == CKR_OK else { continue }
            let name = withUnsafeBytes(of: info.label) { String(decoding: $0, as: UTF8.self) }
            // The label is padded with blanks.
            guard name.trimmingCharacters(in: .whitespaces) == label else { continue }
            return (slot, info)
        }
        throw TrustError(.tokenUnavailable, "there is no token \(label)")
    }
}

/// Throws with what a PKCS #11 call returned, unless it succeeded.
func check(_ what: String, _ outcome: CK_RV) throws(TrustError) {
    guard outcome != CKR_OK else { return }
    throw TrustError(returnCode(outcome), "\(what): \(returnText(outcome))")
}

private func returnCode(_ outcome: CK_RV) -> TrustError.Code {
    switch outcome {
    case CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED, CKR_PIN_LOCKED: .wrongPIN
    default: .tokenUnavailable
    }
}

private func returnText(_ outcome: CK_RV) -> String {
    switch outcome {
    case CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE: "the PIN is wrong"
    case CKR_PIN_EXPIRED: "the PIN must be changed"
    case CKR_PIN_LOCKED: "the PIN is locked"
    case CKR_TOKEN_NOT_PRESENT, CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_RECOGNIZED: "the token is away"
    case CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED: "the session was lost"
    default: "PKCS #11 return value 0x" + String(outcome, radix: 16)
    }
}
