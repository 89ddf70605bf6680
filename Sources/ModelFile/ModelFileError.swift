public import Models

/// A model file that does not say what it should: every problem that was found in it.
public struct ModelFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as its opener named it.
  public var file: String
  /// What is wrong, each with its path inside the file. At least one.
  public var problems: [ModelProblem]

  /// An error with the problems of a file.
  public init(file: String, problems: [ModelProblem]) {
    self.file = file
    self.problems = problems
  }

  /// One line for one problem; for more, a line that counts them and then a line for each.
  public var description: String {
    if problems.count == 1 { return "\(file): \(problems[0])" }
    return (["\(file): \(problems.count) problems"] + problems.map(\.description)).joined(separator: "\n")
  }
}
