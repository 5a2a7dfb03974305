"""Flat files of customers with a ready label, as courses hand them out."""

from cxresearch.suggest.exports.declared import QUARTER_END, Export, of

TELCO = Export(
    "IBM, telco customer churn",
    "https://www.kaggle.com/datasets/blastchar/telco-customer-churn",
    "snapshots",
    (("customerID", "Customer ID"), ("tenure", "Tenure in Months"), "Contract", ("Churn", "Churn Label")),
    {
        "customer_id": of("customerID", "Customer ID"),
        "snapshot_on": QUARTER_END,
        "has_left": of("Churn", "Churn Label", true="yes", false="no"),
    },
    notes=("the file has no date: write the day on which the customers were as it says",),
)

EXPORTS = (TELCO,)
