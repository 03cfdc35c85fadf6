import COpenSSL

/// Lets OpenSSL read a PEM text. It keeps a pointer to the bytes, which live until the body has returned.
func readingPEM<R>(_ text: String, _ body: (OpaquePointer) throws(TrustError) -> R) throws(TrustError) -> R {
    try Array(text.utf8).withUnsafeBufferPointer { bytes throws(TrustError) in
        guard
            let source = Owned(
                BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)), releasedBy: { BIO_free($0) })
        else { throw TrustError.fromLibrary("PEM text cannot be read") }
        return try body(source.pointer)
    }
}
