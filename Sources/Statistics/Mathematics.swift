import Glibc

// The four functions of the C library that this module needs: other files need not know where they are from.
@inline(__always) func exp(_ x: Double) -> Double { Glibc.exp(x) }
@inline(__always) func log(_ x: Double) -> Double { Glibc.log(x) }
@inline(__always) func log10(_ x: Double) -> Double { Glibc.log10(x) }
@inline(__always) func log1p(_ x: Double) -> Double { Glibc.log1p(x) }
