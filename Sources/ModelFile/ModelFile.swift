package import HDF5
public import Models

/// Reading and writing of the model format (docs/model-format.md).
public enum ModelFile {
  /// The value of the root's attribute `format`.
  public static let format = "evidence-model"
  /// The values of the root's attribute `version` that are read. A writer writes the lowest that can hold the model.
  public static let versions = 1...2

  /// Reads a model: its description, and the plan that it was judged by, ready to be made a network of.
  ///
  /// - Throws: `ModelFileError` with every problem of the model; `HDF5Error` where the file can't be opened.
  public static func read(_ path: String) throws -> NetworkPlan {
    try read(File(reading: path))
  }

  /// Reads a model from an open file.
  ///
  /// - Throws: As for a path.
  package static func read(_ file: File) throws -> NetworkPlan {
    // What can only be judged from the whole, such as whether the layers fit together, is judged once it is whole.
    let plan = ModelPlan(try parse(file))
    guard let network = plan.network else { throw ModelFileError(file: file.name, problems: plan.problems) }
    return network
  }

  /// Reads what a file says, without judging whether its layers fit together.
  ///
  /// - Throws: `ModelFileError` with everything that is not as the format says; `HDF5Error` where the file was closed.
  package static func parse(_ file: File) throws -> ModelDescription {
    let log = ProblemLog()
    let description = try ModelReader(log).model(Node(file.root, log))
    guard let description, log.problems.isEmpty else {
      throw ModelFileError(file: file.name, problems: log.problems)
    }
    return description
  }

  /// Writes a model to a new file, over one that may be there.
  ///
  /// - Throws: `HDF5Error`.
  public static func write(_ description: ModelDescription, to path: String) throws {
    let file = try File(creating: path)
    try write(description, to: file)
    try file.close()
  }

  /// Writes a model to an empty file that is open for writing.
  ///
  /// - Throws: `HDF5Error`.
  package static func write(_ description: ModelDescription, to file: File) throws {
    try ModelWriter.write(description, to: file.root)
  }
}
