// The test log-likelihood of a dataset under a model, from Swift.
//
//     swift run -c release example-nll MODEL.h5 DATA.h5 [SAMPLES]
//
// Without arguments, the sample that comes with the package; run it at the top of the repository.

import Evidence
import Foundation
import ModelFile

let arguments = Array(CommandLine.arguments.dropFirst())
let resources = "Sources/EvidenceCommand/Resources"
let modelPath = arguments.count > 0 ? arguments[0] : "\(resources)/digits-iwae-2l.h5"
let dataPath = arguments.count > 1 ? arguments[1] : "\(resources)/digits-test.h5"
let samples = arguments.count > 2 ? Int(arguments[2]) ?? 5000 : 5000

do {
  // The model file says what its data need: here, divide by 16 and binarize at half of the range.
  let model = try NetworkModel(ModelFile.read(modelPath))
  let data = try Dataset(file: dataPath, for: model)

  let summary = try ImportanceSampling(samples: samples).estimate(model, on: data)

  print("log p(x) = \(summary.mean) nats, the mean of \(summary.examples) examples")
  print("  ± \(summary.dataStandardError) by the choice of the test set")
  print("  ± \(summary.monteCarloStandardError) by the choice of the draws")
  print("  \(summary.bitsPerDimension(elements: model.inputCount)) bits per dimension")
  print("  \(summary.unreliableExamples) examples have k̂ > \(summary.paretoThreshold): don't trust their errors")

  // Each example by itself: the same numbers, in the order of the dataset.
  var lowest = (index: 0, logLikelihood: Double.infinity)
  _ = try Evaluation(examples: 0..<min(20, data.count)).run(
    ImportanceSampling(samples: samples), under: model, on: data
  ) { index, measurement in
    if measurement.logLikelihood < lowest.logLikelihood { lowest = (index, measurement.logLikelihood) }
  }
  print("the least likely of the first 20 is example \(lowest.index), at \(lowest.logLikelihood)")
} catch {
  FileHandle.standardError.write(Data("example-nll: \(error)\n".utf8))
  exit(1)
}
