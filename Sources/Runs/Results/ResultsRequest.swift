import Foundation

/// A results file to write.
package struct ResultsRequest: Sendable {
  /// Where.
  package var path: String
  /// Whether the run in it is gone on with.
  package var resumes = false

  /// A new file.
  package init(path: String) { self.path = path }

  /// Whether there is a run to go on with.
  var isResumed: Bool { resumes && FileManager.default.fileExists(atPath: path) }
}
