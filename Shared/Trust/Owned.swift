/// One OpenSSL object that belongs to whoever holds this value; it is released when the value goes away.
///
/// Being noncopyable, it cannot be released twice. The pointer may be lent to calls that take no ownership, and to
/// those that count a reference of their own.
struct Owned: ~Copyable {
    let pointer: OpaquePointer
    private let release: (OpaquePointer) -> Void

    /// Takes over an object just made; nil when there is none.
    init?(_ pointer: OpaquePointer?, releasedBy release: @escaping (OpaquePointer) -> Void) {
        guard let pointer else { return nil }
        self.pointer = pointer
        self.release = release
        LiveHandles.opened()
    }

    deinit {
        release(pointer)
        LiveHandles.closed()
    }
}
