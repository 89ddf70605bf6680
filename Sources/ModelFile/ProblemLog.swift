import HDF5
import Models

/// What is wrong with a file, as it comes to light, and how much was read of it.
final class ProblemLog {
  private(set) var problems: [ModelProblem] = []
  private var layers = 0
  private var elements = 0

  /// Links let a small file claim the same layers again and again, so both totals have bounds.
  static let mostLayers = 10_000
  static let mostElements = 1 << 29
  static let deepestNesting = 32
  /// A file with as many problems is not a model with mistakes.
  private static let mostProblems = 1000

  func report(_ path: String, _ message: String) {
    let problem = ModelProblem(path: path, message)
    guard problems.count < ProblemLog.mostProblems, !problems.contains(problem) else { return }
    problems.append(problem)
  }

  func report(_ error: HDF5Error) {
    var message = error.message
    if let expected = error.expected { message += "; expected " + expected }
    if let found = error.found { message += (error.expected == nil ? "; found " : ", found ") + found }
    report(error.path ?? "/", message)
  }

  /// The value of a reading, or nil with the problem reported.
  func attempt<Value>(_ path: String, _ read: () throws -> Value?) -> Value? {
    do {
      return try read()
    } catch let error as HDF5Error {
      report(error)
    } catch {
      report(path, "\(error)")
    }
    return nil
  }

  /// Whether stacks may be nested as deep; where not, no further layers are read: links lead round in a circle.
  func admitsNesting(_ depth: Int, _ path: String) -> Bool {
    guard depth > ProblemLog.deepestNesting else { return true }
    if layers <= ProblemLog.mostLayers {
      report(path, "stacks are nested more than \(ProblemLog.deepestNesting) deep")
    }
    layers = ProblemLog.mostLayers + 1
    return false
  }

  /// Whether one more layer may be read.
  func admitsLayer(_ path: String) -> Bool {
    layers += 1
    if layers == ProblemLog.mostLayers + 1 { report(path, "the model has more than \(ProblemLog.mostLayers) layers") }
    return layers <= ProblemLog.mostLayers
  }

  /// Whether as many more numbers may be read.
  func admitsElements(_ count: Int, _ path: String) -> Bool {
    guard count <= ProblemLog.mostElements - elements else {
      report(path, "with these \(count) numbers the model has more than \(ProblemLog.mostElements)")
      return false
    }
    elements += count
    return true
  }
}
