import COpenSSL

/// The blocks of a text in PEM (RFC 7468), one after another.
@safe
enum PEMBlocks {
    /// Calls `body` with the label and the DER of each block, which are there during the call.
    @unsafe
    static func forEach(in text: [UInt8], _ body: (_ label: String, _ der: UnsafeBufferPointer<UInt8>) -> Void) {
        // The buffer outlives the BIO that reads it; what PEM_read_bio allocates is freed after each block.
        unsafe text.withUnsafeBytes { buffer in
            guard let source = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return }
            defer {
                unsafe BIO_free(source)
                ERR_clear_error() // the end of the text is an error of its own
            }
            var name: UnsafeMutablePointer<CChar>?, header: UnsafeMutablePointer<CChar>?, data: UnsafeMutablePointer<UInt8>?
            var count = 0
            while unsafe PEM_read_bio(source, &name, &header, &data, &count) == 1 {
                unsafe body(String(cString: name!), UnsafeBufferPointer(start: data, count: count))
                for unsafe piece in unsafe [UnsafeMutableRawPointer(name), UnsafeMutableRawPointer(header), UnsafeMutableRawPointer(data)] {
                    unsafe CRYPTO_free(piece, #file, #line)
                }
            }
        }
    }

    /// The certificate of a block, for the caller to free; nil: it is none, or broken.
    @unsafe
    static func certificate(_ label: String, _ der: UnsafeBufferPointer<UInt8>) -> OpaquePointer? {
        var next = der.baseAddress
        switch label {
        case "CERTIFICATE", "X509 CERTIFICATE": return unsafe d2i_X509(nil, &next, der.count)
        case "TRUSTED CERTIFICATE": return unsafe d2i_X509_AUX(nil, &next, der.count)
        default: return nil
        }
    }
}
