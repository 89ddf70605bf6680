import Evidence
import ModelFile

let model = try NetworkModel(ModelFile.read("model.h5"))
let data = try Dataset(file: "mnist.h5", dataset: "test/images", for: model)
let summary = try ImportanceSampling(samples: 5000).estimate(model, on: data)
print(summary.mean, summary.dataStandardError, summary.monteCarloStandardError)
