import Evidence
import Foundation
package import Runs

/// The file that a page is written to.
package struct PageFile {
  private let path: String

  /// Looks at what is there: a page never takes the place of anything that is no page.
  ///
  /// - Throws: `RunError` where there is.
  package init(_ path: String) throws {
    self.path = path
    guard let handle = FileHandle(forReadingAtPath: path) else { return }
    defer { try? handle.close() }
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      throw RunError.pageIsDirectory(path: path)
    }
    guard let head = try? handle.read(upToCount: 15), !head.isEmpty, path != "/dev/null" else { return }
    guard String(decoding: head, as: UTF8.self).lowercased().hasPrefix("<!doctype html") else {
      throw RunError.outputIsNoPage(path: path)
    }
  }

  /// Writes the page under another name and moves it to its own; to a device or a pipe, at once.
  ///
  /// - Throws: `EvidenceError` (`cannotCreateOutput`).
  package func write(_ html: String, host: any RunHost) throws {
    do {
      let page = Data(html.utf8)
      if path.hasPrefix("/dev/") {
        // A device or a pipe can't be replaced.
        try page.write(to: URL(filePath: path))
      } else {
        let target = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        let partial = target + ".partial-\(ProcessInfo.processInfo.processIdentifier)"
        try host.write(to: partial) {
          try page.write(to: URL(filePath: partial))
          guard rename(partial, target) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        }
      }
    } catch {
      throw EvidenceError(.cannotCreateOutput, "\(path): the page can't be written: \(Self.reason(error))")
    }
    host.log("page written", ["path": path, "bytes": "\(html.utf8.count)"])
  }

  private static func reason(_ error: any Error) -> String {
    if let error = error as? POSIXError { return String(cString: strerror(error.code.rawValue)) }
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    if let underlying, underlying.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(underlying.code)))
    }
    return (error as NSError).localizedDescription
  }
}
