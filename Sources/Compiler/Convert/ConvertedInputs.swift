import Policies

/// The files of a compilation with every apk-conf turned into custom resources, each of which knows where it comes from:
/// diagnostics and positions name the apk-conf's own lines.
struct ConvertedInputs {
    /// Parallel to the input; one that could not be converted is empty.
    private(set) var readable: [SourceFile] = []
    private(set) var hasFaults = false

    init(_ files: [SourceFile], _ diagnostics: inout Diagnostics) {
        readable.reserveCapacity(files.count)
        for (number, file) in files.enumerated() {
            guard file.relativeName.hasSuffix(".apk-conf") else {
                readable.append(file)
                continue
            }
            let converted = ApkConf.convert(file, file: UInt32(number), &diagnostics)
            hasFaults = hasFaults || converted == nil
            readable.append(SourceFile(
                displayName: file.displayName, relativeName: file.relativeName, bytes: converted.map { Array($0.yaml.utf8) } ?? [], origins: converted?.origins))
        }
    }
}
