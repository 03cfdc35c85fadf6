public import Contracts

/// The codes of a result (article 17): the one on the document, and its key in the data store.
public struct ResultCodes: Hashable, Sendable {
    public let number: RegisterNumber
    public let resultCode: ResultCode
    public let storeKey: ResultStoreKey

    /// Gives a result its codes.
    ///
    /// - Parameters:
    ///   - register: the number drawn from the issuing body's register.
    ///   - ordinal: the running number of the result within its dossier, from 1.
    public init(
        issuer: OrganizationState, documentType: String, register: Int, dossier: DossierCode, ordinal: Int
    ) throws(InvalidValue) {
        number = RegisterNumber(
            number: register, documentType: documentType, body: RegisterNumber.symbol(of: issuer.type))
        resultCode = try ResultCode(
            holder: .organization(issuer.code), documentType: documentType, numberAndSymbol: number.description)
        storeKey = try ResultStoreKey(dossier: dossier, number: ordinal)
    }
}
