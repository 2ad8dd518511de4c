import Policies

/// The files of a compilation with every apk-conf turned into custom resources.
///
/// From there on its lines are those of what it was turned into, which `rtblc convert` prints.
struct ConvertedInputs {
    /// Parallel to the input; one that could not be converted is empty.
    private(set) var readable: [SourceFile] = []
    /// What diagnostics quote.
    private(set) var shown: [SourceFile] = []
    private(set) var hasFaults = false

    init(_ files: [SourceFile], _ diagnostics: inout Diagnostics) {
        guard files.contains(where: { $0.relativeName.hasSuffix(".apk-conf") }) else {
            (readable, shown) = (files, files)
            return
        }
        for (number, file) in files.enumerated() {
            guard file.relativeName.hasSuffix(".apk-conf") else {
                readable.append(file)
                shown.append(file)
                continue
            }
            if let yaml = ApkConf.convert(file, file: UInt32(number), &diagnostics) {
                let converted = SourceFile(displayName: file.displayName + " (converted)", relativeName: file.relativeName, bytes: Array(yaml.utf8))
                readable.append(converted)
                shown.append(converted)
            } else {
                hasFaults = true
                readable.append(SourceFile(displayName: file.displayName, relativeName: file.relativeName, bytes: []))
                shown.append(file)
            }
        }
    }
}
