import Evidence
import Foundation

/// SVG to PDF and PNG, by what librsvg brings.
package enum PictureConverter {
  static let tool = "rsvg-convert"
  /// Dots of an inch of paper.
  static let resolution = 300

  /// The picture in another format.
  ///
  /// - Throws: `EvidenceError` where the tool is not installed, or fails.
  package static func convert(_ svg: String, to format: String) throws -> [UInt8] {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    guard let path = folders.map({ "\($0)/\(tool)" }).first(where: FileManager.default.isExecutableFile) else {
      throw EvidenceError(
        .noResources,
        "\(tool), which makes \(format.uppercased()) of a figure, is not installed\n"
          + "install it (apt-get install librsvg2-bin), or take a name that ends in .svg")
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "evidence-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (input, output) = (folder.appending(path: "figure.svg"), folder.appending(path: "figure.\(format)"))
    try Data(svg.utf8).write(to: input)
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = [
      "-f", format, "-d", "\(resolution)", "-p", "\(resolution)", "-o",
      output.path(percentEncoded: false), input.path(percentEncoded: false),
    ]
    let errors = Pipe()
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0,
      let bytes = FileManager.default.contents(atPath: output.path(percentEncoded: false))
    else {
      throw EvidenceError(
        .cannotCreateOutput, "\(tool) failed: \(said.trimmingCharacters(in: .whitespacesAndNewlines))")
    }
    return [UInt8](bytes)
  }
}
