/// The files of the live page of the admin port. They stand beside this one, and their bytes are in the program.
package enum AdminPage {
    package static let index = text(PackageResources.index_html)
    /// What `index` refers to.
    package static let files: [(name: String, text: String)] = [
        ("style.css", text(PackageResources.style_css)),
        ("model.js", text(PackageResources.model_js)),
        ("charts.js", text(PackageResources.charts_js)),
        ("view.js", text(PackageResources.view_js)),
        ("actions.js", text(PackageResources.actions_js)),
        ("main.js", text(PackageResources.main_js)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
