// An estimator of one's own, in a package of its own: warnings as values, the contract, and a results file.
//
//     swift run --package-path docs/examples/own-estimator own-estimator MODEL.h5 DATA.h5

import Evidence
import EvidenceTesting
import ModelFile

let contract = EstimatorContract(HarmonicMean.init) { [$0] }
let broken = try contract.violations()
guard broken.isEmpty else { fatalError("the contract is broken: \(broken)") }

let model = try NetworkModel(ModelFile.read(CommandLine.arguments[1]))
let data = try Dataset(file: CommandLine.arguments[2], for: model)
let usual = try ImportanceSampling(samples: 50).estimate(model, on: data)
for concern in usual.concerns { print("mind:", concern) }
let own = try HarmonicMean(samples: 50).estimate(model, on: data)
print("L_50 \(usual.mean), harmonic mean \(own)")
