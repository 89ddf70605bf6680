import Evidence
import Foundation
import HDF5
import ModelFile
import Models
import Training
import Wording

/// One training run: opens, trains, saves as it goes, and collects what there is to report.
package struct TrainRun {
  private let request: TrainRequest
  private let host: any RunHost
  private let source: any FileSource
  private let data: Evidence.Dataset
  private let description: ModelDescription
  private let options: TrainingOptions

  /// Opens the data, and the model that training begins with.
  ///
  /// - Throws: What is wrong with them, or with the files to write, before anything is trained.
  package init(_ request: TrainRequest, host: any RunHost) throws {
    self.request = request
    self.host = host
    try request.checkOutput()
    try FileRole.data.check(request.data)
    let source = try ExampleFile.open(request.data, dataset: request.dataset, axes: request.preparation.axes)
    self.source = source
    var description = try request.description(of: source)
    do {
      guard source.count > 0 else { throw EvidenceError(.invalidData, "the dataset holds no examples") }
      data = try Dataset(source, for: try NetworkModel(description), choosing: request.preparation)
    } catch let error as EvidenceError {
      throw error.at("\(request.data): \(source.path)")
    }
    // What the data need is written into the model, so that whoever evaluates it knows.
    if data.preparation.leftOut == nil {
      let applied = data.preprocessing
      description.input.divideBy = applied.divideBy == 1 ? nil : applied.divideBy
      description.input.binarize = applied.binarize == .none ? nil : applied.binarize
      description.input.dequantize = applied.dequantize ? true : nil
    }
    self.description = description
    var options = request.options
    options.examples = try request.examples?.resolved(count: source.count)
    options.validation = try request.validation?.resolved(count: source.count)
    self.options = options
    host.expect(threads: options.threads)
  }

  /// Trains.
  package func run() throws -> TrainOutcome {
    try host.evaluate {
      do {
        return try train()
      } catch let error as EvidenceError where error.code == .invalidData {
        throw error.at("\(request.data): \(source.path)")
      } catch let error as InvalidModel {
        throw RunError.training(.cannotTrain(path: request.model ?? request.output, error))
      }
    }
  }

  private func train() throws -> TrainOutcome {
    let initialises = if case .weights = request.start { false } else { true }
    let trainer = try Trainer(
      description, initialises: initialises, on: data, options: options, cancellation: host.cancellation)
    if request.resumes { try trainer.resume(from: request.checkpoint) }
    let firstEpoch = trainer.finishedEpochs
    let started = ContinuousClock.now
    let watch = host.watchTraining(options)
    defer { watch.end() }
    var history: [TrainOutcome.Epoch] = []
    do {
      try trainer.run(save: save) { progress in
        if progress.endsEpoch {
          history.append(
            TrainOutcome.Epoch(progress, seconds: started.duration(to: .now) / .seconds(1)))
        }
        watch.advance(progress)
      }
    } catch is CancellationError {
      throw RunError.training(.stopped(epochs: trainer.finishedEpochs, of: options.epochs))
    }
    if !FileManager.default.fileExists(atPath: request.output) { try save(trainer) }
    return TrainOutcome(
      path: request.output, checkpoint: request.checkpoint, data: source, preprocessing: data.preprocessing,
      options: options, examples: trainer.examples, parameters: trainer.network.parameterCount,
      model: trainer.network.network,
      firstEpoch: firstEpoch, history: history, seconds: started.duration(to: .now) / .seconds(1))
  }

  /// The checkpoint first: a model that is newer than its checkpoint could not be gone on with.
  private func save(_ trainer: Trainer) throws {
    try trainer.save(to: request.checkpoint)
    let file = try File(inMemory: request.output)
    try ModelFile.write(trainer.network.currentDescription, to: file)
    let image = try file.image()
    try file.close()
    try AtomicFile.write(image, to: request.output, "the model")
    host.log("saved", ["path": request.output, "epochs": "\(trainer.finishedEpochs)"])
  }
}

extension TrainRequest {
  /// The networks that training begins with.
  fileprivate func description(of source: any FileSource) throws -> ModelDescription {
    let architecture: Architecture
    switch start {
    case .like(let path):
      try FileRole.model.check(path)
      var model = try ModelFile.read(path).description
      // What is said of the model there is of other weights.
      model.about = ModelDescription.About()
      return model
    case .weights(let path):
      try FileRole.model.check(path)
      var model = try ModelFile.read(path).description
      let origin = model.about.name ?? Text.fileName(path)
      (model.about.name, model.about.description) = (nil, nil)
      model.about.source = "trained from \(origin)"
      return model
    case .paperOneLayer: architecture = .paperOneLayer
    case .paperTwoLayers: architecture = .paperTwoLayers
    case .architecture(let path):
      guard let json = FileManager.default.contents(atPath: path) else {
        throw RunError.training(.noArchitecture(path: path))
      }
      do {
        architecture = try Architecture(json: json)
      } catch let error as EvidenceError {
        throw EvidenceError(.invalidData, "\(path): \(error.message)")
      }
    }
    let shape = source.exampleShape
    var model = try architecture.model(inputs: max(1, shape.reduce(1, *)))
    guard shape.count > 1 else { return model }
    // The networks take an example as one axis.
    model.input.shape = shape
    for index in model.encoders.indices where model.encoders[index].given == [0] {
      model.encoders[index].trunk?.layers.insert(Layer(.flatten), at: 0)
    }
    return model
  }

  /// Refuses an output that can't be made, or that would replace something that nobody said to replace.
  fileprivate func checkOutput() throws {
    let files = FileManager.default
    var isDirectory: ObjCBool = false
    let folder = URL(filePath: output).deletingLastPathComponent().path(percentEncoded: false)
    guard files.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw RunError.noFolder(path: output, folder: folder)
    }
    guard files.isWritableFile(atPath: folder) else { throw RunError.folderNotWritable(path: output, folder: folder) }
    if files.fileExists(atPath: output, isDirectory: &isDirectory), isDirectory.boolValue {
      throw RunError.outputIsDirectory(path: output)
    }
    let own = URL(filePath: output).resolvingSymlinksInPath().path
    for input in [data, model].compactMap(\.self) where URL(filePath: input).resolvingSymlinksInPath().path == own {
      throw RunError.outputIsInput(path: output)
    }
    if resumes {
      guard files.fileExists(atPath: checkpoint) else { throw RunError.training(.noCheckpoint(path: checkpoint)) }
    } else if !replaces {
      if files.fileExists(atPath: checkpoint) { throw RunError.training(.checkpointExists(path: checkpoint)) }
      if files.fileExists(atPath: output) { throw RunError.outputExists(path: output, .model) }
    }
  }
}
