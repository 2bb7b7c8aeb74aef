"""Canonical vessels: names, midline veins, neighbours for bridging, leg grouping and dialysis circuits.

The names are the contract of the result record. Neighbour pairs follow the direction of flow and are used to
join one contiguous lesion (policy P5) and to judge a stent that bridges two veins (policy P9).
"""

from __future__ import annotations

MIDLINE = frozenset({
    "superior_vena_cava", "inferior_vena_cava", "azygos_vein", "hemiazygos_vein", "middle_hepatic_vein",
    "portal_vein", "splenic_vein", "superior_mesenteric_vein", "inferior_mesenteric_vein",
    "superior_sagittal_sinus", "straight_sinus", "coronary_sinus",
})  # fmt: skip

PAIRED = frozenset({
    "brachiocephalic_vein", "subclavian_vein", "axillary_vein", "brachial_vein", "basilic_vein", "cephalic_vein",
    "median_cubital_vein", "radial_vein", "ulnar_vein", "internal_jugular_vein", "external_jugular_vein",
    "anterior_jugular_vein", "facial_vein", "common_iliac_vein", "external_iliac_vein", "internal_iliac_vein",
    "iliac_vein", "common_femoral_vein", "femoral_vein", "deep_femoral_vein", "popliteal_vein",
    "anterior_tibial_vein", "posterior_tibial_vein", "tibial_vein", "peroneal_vein", "great_saphenous_vein",
    "anterior_accessory_saphenous_vein", "saphenous_vein", "small_saphenous_vein", "renal_vein", "gonadal_vein",
    "adrenal_vein", "lumbar_vein", "hepatic_vein", "gastric_vein", "pulmonary_vein", "transverse_sinus",
    "sigmoid_sinus", "other_vein", "inferior_phrenic_vein", "vertebral_vein", "internal_mammary_vein",
    "gluteal_vein", "pudendal_vein", "gastrocnemius_vein", "soleal_vein", "jugular_vein",
})  # fmt: skip

#: Names that hold their side.
SIDED = {
    "right_superior_pulmonary_vein": "right",
    "right_inferior_pulmonary_vein": "right",
    "right_middle_pulmonary_vein": "right",
    "left_superior_pulmonary_vein": "left",
    "left_inferior_pulmonary_vein": "left",
}

VEINS = MIDLINE | PAIRED | frozenset(SIDED)

VESSELS = VEINS | frozenset({
    "subclavian_artery", "axillary_artery", "brachial_artery", "radial_artery", "ulnar_artery", "common_iliac_artery",
    "external_iliac_artery", "internal_iliac_artery", "iliac_artery", "common_femoral_artery", "femoral_artery",
    "superficial_femoral_artery", "deep_femoral_artery", "popliteal_artery", "anterior_tibial_artery",
    "posterior_tibial_artery", "peroneal_artery", "tibioperoneal_trunk", "dorsalis_pedis_artery", "renal_artery",
    "carotid_artery", "brachiocephalic_artery", "pulmonary_artery", "coronary_artery", "hepatic_artery",
    "splenic_artery", "superior_mesenteric_artery", "celiac_artery", "vertebral_artery", "aorta", "artery",
    "fistula", "graft", "unknown_vein",
})  # fmt: skip

#: Veins that touch, peripheral to central.
NEIGHBOURS = frozenset(
    frozenset(pair)
    for pair in (
        ("popliteal_vein", "femoral_vein"),
        ("femoral_vein", "common_femoral_vein"),
        ("common_femoral_vein", "external_iliac_vein"),
        ("common_femoral_vein", "deep_femoral_vein"),
        ("external_iliac_vein", "common_iliac_vein"),
        ("internal_iliac_vein", "common_iliac_vein"),
        ("common_iliac_vein", "inferior_vena_cava"),
        ("iliac_vein", "inferior_vena_cava"),
        ("iliac_vein", "common_femoral_vein"),
        ("brachial_vein", "axillary_vein"),
        ("basilic_vein", "axillary_vein"),
        ("cephalic_vein", "axillary_vein"),
        ("cephalic_vein", "subclavian_vein"),
        ("axillary_vein", "subclavian_vein"),
        ("subclavian_vein", "brachiocephalic_vein"),
        ("internal_jugular_vein", "brachiocephalic_vein"),
        ("brachiocephalic_vein", "superior_vena_cava"),
        ("hepatic_vein", "inferior_vena_cava"),
        ("renal_vein", "inferior_vena_cava"),
        ("portal_vein", "superior_mesenteric_vein"),
        ("portal_vein", "splenic_vein"),
        ("transverse_sinus", "sigmoid_sinus"),
    )
)

#: Leg veins read as one vessel under the ``sir`` grouping.
SIR_GROUP = {
    "external_iliac_vein": "external_iliac_vein",
    "common_femoral_vein": "external_iliac_vein",
    "femoral_vein": "femoral_vein",
    "popliteal_vein": "femoral_vein",
}

#: Rank along the flow: the higher, the nearer to the heart ("the upper", "the more central lesion").
CENTRALITY = {
    vein: rank
    for rank, names in enumerate((
        ("posterior_tibial_vein", "anterior_tibial_vein", "peroneal_vein", "tibial_vein", "cephalic_vein", "basilic_vein"),
        ("popliteal_vein", "brachial_vein", "small_saphenous_vein"),
        ("femoral_vein", "great_saphenous_vein", "deep_femoral_vein"),
        ("common_femoral_vein", "axillary_vein"),
        ("external_iliac_vein", "internal_iliac_vein", "subclavian_vein"),
        ("common_iliac_vein", "iliac_vein", "internal_jugular_vein", "external_jugular_vein", "splenic_vein",
         "superior_mesenteric_vein", "renal_vein"),
        ("brachiocephalic_vein", "portal_vein", "hepatic_vein", "middle_hepatic_vein"),
        ("inferior_vena_cava", "superior_vena_cava"),
    ))
    for vein in names
}  # fmt: skip

#: Veins of an arm circuit from the anastomosis to the heart, and of a leg circuit (policy P10).
ARM_CIRCUIT = frozenset({"cephalic_vein", "basilic_vein", "brachial_vein", "median_cubital_vein", "axillary_vein", "radial_vein",
                         "subclavian_vein", "brachiocephalic_vein", "superior_vena_cava"})  # fmt: skip
LEG_CIRCUIT = frozenset({"great_saphenous_vein", "femoral_vein", "common_femoral_vein", "deep_femoral_vein", "popliteal_vein",
                         "external_iliac_vein", "common_iliac_vein", "iliac_vein", "inferior_vena_cava"})  # fmt: skip

#: Veins of an access being created, in whichever limb it lies (policy P14): an arm's fistula, or the deep veins of a leg that
#: venous arterialisation takes. Iliac and central veins belong to it only in the limb of the circuit (above).
CREATED = frozenset({"cephalic_vein", "basilic_vein", "brachial_vein", "median_cubital_vein", "axillary_vein", "radial_vein",
                     "ulnar_vein", "great_saphenous_vein", "small_saphenous_vein", "saphenous_vein", "femoral_vein",
                     "common_femoral_vein", "deep_femoral_vein", "popliteal_vein", "anterior_tibial_vein", "posterior_tibial_vein",
                     "tibial_vein", "peroneal_vein"})  # fmt: skip

#: Central veins a lead, a port or a dialysis catheter passes.
CENTRAL = frozenset({"subclavian_vein", "brachiocephalic_vein", "superior_vena_cava", "axillary_vein", "internal_jugular_vein",
                     "inferior_vena_cava", "common_iliac_vein", "external_iliac_vein", "iliac_vein", "common_femoral_vein",
                     "external_jugular_vein"})  # fmt: skip

INTRACRANIAL = frozenset({"transverse_sinus", "sigmoid_sinus", "superior_sagittal_sinus", "straight_sinus"})
PULMONARY = frozenset({"pulmonary_vein", *SIDED})


#: The other side of a paired vein.
OPPOSITE = {"left": "right", "right": "left"}


def side_of(vein: str, side: str) -> str:
    """The side as the record writes it: ``none`` for midline veins, the name's own side where it holds one."""
    if vein in MIDLINE:
        return "none"
    return SIDED.get(vein, side)


def touches(first: str, second: str) -> bool:
    """Whether two veins are neighbours along the flow."""
    return frozenset((first, second)) in NEIGHBOURS
