/// Every bound of this module, by name. Each concern adds its own in an extension beside its code.
package enum Limits {}
