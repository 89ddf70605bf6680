import Evidence
import LinearAlgebra
import Wording

/// The warnings about latent units.
extension Warnings {
  static func nonFiniteMeans(_ layer: LayerUnits, of count: Int) -> String {
    let list = layer.firstNonFiniteExamples.map(String.init).joined(separator: ", ")
    let more = layer.nonFiniteExamples > layer.firstNonFiniteExamples.count ? ", …" : ""
    let verb = layer.nonFiniteExamples == 1 ? "has" : "have"
    return
      "z\(layer.layer): \(layer.nonFiniteExamples) of \(count) examples \(verb) a posterior mean that is not finite "
      + "(example \(list)\(more)); they are left out of everything about the layer"
  }

  static func rankDeficient(_ layer: LayerUnits) -> String {
    "z\(layer.layer): \(layer.examples) examples vary along \(layer.examples - 1) directions at most, and there are "
      + "\(layer.units) units: the remaining eigenvalues are 0 for lack of examples; take more"
  }

  static func noisy(_ layer: LayerUnits) -> String {
    "z\(layer.layer): the draws leave noise of about \(Text.significant(layer.directions.floor, 2)) in the eigenvalues, "
      + "more than the threshold: the count of directions is rough; try more --draws or more examples"
  }
}
