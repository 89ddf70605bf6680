import Evidence
import HDF5

/// How far a run has come, and all that it needs to go on to the same bits.
struct TrainingCheckpoint: Equatable {
  /// What the run must have in common with the one that goes on.
  var identity: String
  /// The epoch at hand, from 0, and the steps of it that are done.
  var epoch = 0
  var stepInEpoch = 0
  /// Steps of all epochs.
  var steps = 0
  /// Of the epoch at hand, the sum of its examples' objective.
  var sum = 0.0
  /// The objective of the first step.
  var first = 0.0
  /// Weights and moments.
  var state: [Float] = []

  private static let format = "evidence-training"
  private static let version = 1

  /// Writes the checkpoint in one step: there is never a half of one.
  ///
  /// - Throws: `EvidenceError` where it can't be written.
  func write(to path: String) throws {
    let file = try File(inMemory: path)
    let root = try file.root
    try root.setAttribute("format", Self.format)
    try root.setAttribute("version", Self.version)
    try root.setAttribute("identity", identity)
    try root.setAttribute("epoch", epoch)
    try root.setAttribute("step_in_epoch", stepInEpoch)
    try root.setAttribute("steps", steps)
    try root.setAttribute("sum", sum)
    try root.setAttribute("first", first)
    try root.createDataset("state", type: .float(bits: 32), shape: [state.count]).write(state)
    let image = try file.image()
    try file.close()
    try AtomicFile.write(image, to: path, "the checkpoint")
  }

  init(identity: String) { self.identity = identity }

  /// Reads a checkpoint.
  ///
  /// - Throws: `EvidenceError` where the file is none, or of another run; `HDF5Error` where it can't be read.
  init(reading path: String, identity: String, count: Int) throws {
    let root = try File(reading: path).root
    guard try root.string("format") == Self.format, try root.integer("version") == Self.version else {
      throw EvidenceError(.invalidResults, "\(path): holds no checkpoint of a training run")
    }
    let found = try root.string("identity") ?? ""
    guard found == identity else {
      let (own, other) = (identity.split(separator: ";"), found.split(separator: ";"))
      let differences = zip(own, other).filter { $0 != $1 }
        .map { "expected\($0.hasPrefix(" ") ? "" : " ")\($0), found\($1.hasPrefix(" ") ? "" : " ")\($1)" }
      throw EvidenceError(
        .invalidResults, "\(path): the checkpoint is of another run\n" + differences.joined(separator: "; "))
    }
    self.identity = identity
    func integer(_ name: String) throws -> Int {
      guard let value = try root.integer(name), value >= 0 else {
        throw EvidenceError(.invalidResults, "\(path): the checkpoint has no \(name)")
      }
      return value
    }
    epoch = try integer("epoch")
    stepInEpoch = try integer("step_in_epoch")
    steps = try integer("steps")
    sum = try root.double("sum") ?? 0
    first = try root.double("first") ?? 0
    state = try root.dataset("state").read(as: Float.self, limit: max(count, 1))
    guard state.count == count, state.allSatisfy(\.isFinite) else {
      throw EvidenceError(
        .invalidResults, "\(path): the checkpoint holds \(state.count) numbers, expected \(count), all finite")
    }
  }
}
